import { KeyedLimiter } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { PlaceOnHost } from './place-on-host.ts'

const ticket = (host: string) => ({
  host,
  port: 902,
  sslThumbprint: '',
  service: '',
  serviceVersion: '',
  sessionId: '',
})
const { signal } = new AbortController()
const quiet = () => {}

it('gives back its place before it takes another, also on the same host', async () => {
  using place = new PlaceOnHost(new KeyedLimiter(1))
  for (const host of ['a', 'a', 'b'])
    expect(await place.ticket(async () => ticket(host), quiet, signal)).toEqual(ticket(host))
})

it('waits where the VM is, asks for a new ticket then, and follows the VM if it has moved meanwhile', async () => {
  const places = new KeyedLimiter(1)
  const first = new PlaceOnHost(places)
  await first.ticket(async () => ticket('a'), quiet, signal)
  using second = new PlaceOnHost(places)
  const hosts = ['a', 'b']
  const waits: string[] = []
  const waiting = second.ticket(
    async () => ticket(hosts.shift()!),
    (host) => void waits.push(host),
    signal,
  )
  await Promise.resolve()
  first[Symbol.dispose]()
  expect(await waiting).toEqual(ticket('b'))
  expect([waits, places.for('a:902').held, places.for('b:902').held]).toEqual([['a'], 0, 1])
})

it('keeps no place that it waited for when the ticket fails', async () => {
  const places = new KeyedLimiter(1)
  using place = new PlaceOnHost(places)
  await expect(place.ticket(() => Promise.reject(new Error('gone')), quiet, signal)).rejects.toThrow('gone')
  expect(places.for('a:902').held).toBe(0)
})
