import type { Vm } from '@vmkeep/vsphere'
import { expect, it } from 'vitest'
import { whyTooFull } from './free-space.ts'

const GiB = 1024 ** 3
const guard = { minFreeBytes: 10 * GiB, minFreeShare: 0.03 }
const store = (name: string, freeGiB: number, capacityGiB: number, accessible = true) => ({
  ref: { type: 'Datastore', value: name },
  name,
  type: 'VMFS',
  capacityBytes: capacityGiB * GiB,
  freeBytes: freeGiB * GiB,
  accessible,
})
const vmOn = (...datastores: ReturnType<typeof store>[]) =>
  ({ datastores, vmxPath: '[home] web/web.vmx', disks: [{ datastoreName: 'data' }] }) as unknown as Vm

it.each([
  ['room enough', [store('home', 11, 100), store('data', 400, 10_000)], undefined],
  ['too few bytes where a disk is', [store('home', 11, 100), store('data', 9, 100)], 'data'],
  ['too small a share where a disk is', [store('home', 11, 100), store('data', 200, 10_000)], 'data'],
  ['too little at home', [store('home', 1, 100), store('data', 50, 100)], 'home'],
  [
    'a full datastore of CD images is none of its business',
    [store('home', 50, 100), store('data', 50, 100), store('iso', 0, 100)],
    undefined,
  ],
  ['one that cannot be read says nothing', [store('home', 50, 100), store('data', 0, 0, false)], undefined],
])('%s', (_name, datastores, culprit) => {
  const cause = whyTooFull(vmOn(...datastores), guard)
  if (culprit === undefined) expect(cause).toBeUndefined()
  else
    expect(cause).toMatchObject({
      code: 'datastore-too-full',
      message: expect.stringContaining(`Datastore ${culprit} `) as string,
    })
})
