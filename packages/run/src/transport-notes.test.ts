import { AppError } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import type { RunEvent } from './events.ts'
import { transportNotes } from './transport-notes.ts'

const busy = new AppError('nfc.host-busy', 'retry', 'no place')

function notes() {
  const events: RunEvent[] = []
  const told = transportNotes((event) => events.push(event), { vm: 'web', disk: 'Hard disk 1' })
  return { told, said: () => events.map((event) => (event.type === 'note' ? [event.level, event.code] : [])) }
}

it('a host that is full is told of once when waiting begins and once when it ends, however often it is tried', () => {
  const { told, said } = notes()
  for (let tries = 0; tries < 20; tries++) told.onReconnect(busy)
  expect(said()).toEqual([['warn', 'host-busy']])
  told.onReconnected()
  told.onReconnected()
  expect(said()).toEqual([
    ['warn', 'host-busy'],
    ['info', 'host-free'],
  ])
})

it('a host that is full again is told of again', () => {
  const { told, said } = notes()
  for (let waits = 0; waits < 2; waits++) {
    told.onReconnect(busy)
    told.onReconnected()
  }
  expect(said().map(([, code]) => code)).toEqual(['host-busy', 'host-free', 'host-busy', 'host-free'])
})

it('a connection that is lost and mended is told of each time, and its end is not', () => {
  const { told, said } = notes()
  for (let losses = 0; losses < 2; losses++) {
    told.onReconnect(new Error('connection reset'))
    told.onReconnected()
  }
  expect(said()).toEqual([
    ['warn', undefined],
    ['warn', undefined],
  ])
})
