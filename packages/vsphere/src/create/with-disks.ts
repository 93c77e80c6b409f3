import { fail } from '../errors.ts'
import type { AnyOf } from '../types/index.ts'
import { busOf, isController } from '../vm/controllers.ts'
import { diskChange, newDisk, slotOf } from './add-disk.ts'
import type { ConfigSpec, PlannedDisk } from './create-options.ts'

/** Negative keys tell new devices apart; these are below any that a saved device's key becomes. */
const firstKey = -1_000_000

/** The first of the built-in IDE controllers, the same in every VM. */
const firstIdeKey = 200

/**
 * A spec of a new VM with its disks, empty: for an import, where they come in one.
 *
 * @param datastoreName where the disks go
 * @throws `vsphere.no-controller`
 */
export function withDisks(spec: ConfigSpec, disks: readonly PlannedDisk[], datastoreName: string): ConfigSpec {
  const changes = disks.map((disk, at): AnyOf<'VirtualDeviceConfigSpec'> => {
    const controllerKey = controllerKeyFor(spec, disk)
    if (controllerKey === undefined)
      throw fail('vsphere.no-controller', { disk: disk.label, slot: slotOf(disk), vm: spec.name ?? '' })
    const device = { ...newDisk(disk, controllerKey, datastoreName), key: firstKey - at }
    return diskChange(device, disk)
  })
  return { ...spec, deviceChange: [...(spec.deviceChange ?? []), ...changes] }
}

function controllerKeyFor({ deviceChange = [] }: ConfigSpec, { slot }: PlannedDisk): number | undefined {
  const controllers = deviceChange.map(({ device }) => device).filter(isController)
  const found = controllers.find((device) => busOf(device) === slot.bus && device.busNumber === slot.busNumber)
  if (found !== undefined) return found.key
  return slot.bus === 'ide' ? firstIdeKey + slot.busNumber : undefined
}
