import type { VmPoint } from '@vmkeep/run'
import type { VmNetwork } from '@vmkeep/vsphere'
import { expect, it } from 'vitest'
import type { Destination } from '../plan-restore.ts'
import { whyNotSuspended } from './why-not-suspended.ts'

const network = (name: string) => ({ ref: { type: 'Network', value: name }, name, kind: 'standard' }) as VmNetwork
const point = { memory: [{}, {}], place: { networks: [network('LAN')] } } as unknown as VmPoint
const destination: Destination = { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] }
type Found = Parameters<typeof whyNotSuspended>[0]
const plain: Found = { point, destination, originalLives: false, networks: [network('LAN'), network('DMZ')] }

it('a VM that is gone comes back where it was', () => expect(whyNotSuspended(plain)).toEqual([]))

it('beside the original only if that is wanted', () => {
  expect(whyNotSuspended({ ...plain, originalLives: true }).join()).toContain('--identity keep')
  const kept = { ...destination, identity: 'keep' as const }
  expect(whyNotSuspended({ ...plain, originalLives: true, destination: kept })).toEqual([])
})

it.each<[string, Partial<Found>]>([
  ['holds no memory', { point: { ...point, memory: [] } }],
  ['--disk', { destination: { ...destination, disks: ['scsi0:0'] } }],
  ['--identity new', { destination: { ...destination, identity: 'new' } }],
  ['--connect no', { destination: { ...destination, connectNetworks: 'no' } }],
  ['place of LAN', { destination: { ...destination, networkMap: { LAN: 'DMZ' } } }],
  ['no network named LAN', { networks: [network('DMZ')] }],
])('not with another machine than it was: %s', (why, change) => {
  expect(whyNotSuspended({ ...plain, ...change })).toEqual([expect.stringContaining(why)])
})

it('a map that changes nothing of this VM is fine', () => {
  const networkMap = { LAN: 'LAN', other: 'DMZ' }
  expect(whyNotSuspended({ ...plain, destination: { ...destination, networkMap } })).toEqual([])
})
