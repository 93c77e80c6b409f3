// The VM that the tests' machine pretends to be, for disks that are hot-added to it.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultTransport, type TransportSettings } from '@vmkeep/transport'
import type { World } from './world.ts'

/** It has one disk of its own, and tells uuids of disks as vSphere's documents ask for. */
export const proxy = {
  name: 'proxy',
  disks: [{ capacityBytes: 2 ** 20 }],
  extraConfig: { 'disk.EnableUUID': 'TRUE' },
} as const

/** From now on the tests' machine is the VM called `proxy`; returns how a policy says that disks are read there. */
export async function beProxy(world: World, vm = 'proxy'): Promise<TransportSettings> {
  const machineRoot = join(world.folder, 'machine')
  await mkdir(machineRoot)
  await world.lab.vm(vm).appearsIn(machineRoot)
  return { ...defaultTransport, order: ['hotadd', 'nbdssl'], machineRoot }
}
