import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { AnyOf, ManagedObjectReference } from '../types/index.ts'
import type { Device } from '../vm/vm-disk.ts'
import type { PlannedBootDevice } from './create-options.ts'
import { isNetworkCard } from './network-cards.ts'

type BootDevice = AnyOf<'VirtualMachineBootOptionsBootableDevice'>

/**
 * Gives a restored VM the boot order it had. Only now, because it names disks by keys that did not exist before.
 * Devices that did not come back are passed over.
 *
 * @param newKeys `savedKey` of each restored disk → the key it has now
 */
export async function setBootOrder(
  session: Session,
  vm: ManagedObjectReference,
  {
    bootOrder,
    newKeys,
  }: { readonly bootOrder: readonly PlannedBootDevice[]; readonly newKeys: ReadonlyMap<number, number> },
  signal?: AbortSignal,
): Promise<void> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['config.hardware.device'] } as const
  const devices = (await readProperties(session, request, signal))['config.hardware.device'] ?? []
  const order = bootOrderOf(bootOrder, newKeys, devices)
  if (order.length === 0) return
  const spec = { bootOptions: { bootOrder: order } }
  await waitForTask(session, await session.call('ReconfigVM_Task', { _this: vm, spec }, { signal }), { signal })
}

/** The planned order in the words of the new VM. Pure. */
export function bootOrderOf(
  planned: readonly PlannedBootDevice[],
  newKeys: ReadonlyMap<number, number>,
  devices: readonly Device[],
): BootDevice[] {
  const cards = devices.filter(isNetworkCard)
  return planned.flatMap((entry): BootDevice[] => {
    switch (entry.kind) {
      case 'cdrom':
        return [{ $type: 'VirtualMachineBootOptionsBootableCdromDevice' }]
      case 'floppy':
        return [{ $type: 'VirtualMachineBootOptionsBootableFloppyDevice' }]
      case 'disk': {
        const deviceKey = newKeys.get(entry.savedKey)
        return deviceKey === undefined ? [] : [{ $type: 'VirtualMachineBootOptionsBootableDiskDevice', deviceKey }]
      }
      case 'ethernet': {
        const deviceKey = cards[entry.ordinal]?.key
        return deviceKey === undefined ? [] : [{ $type: 'VirtualMachineBootOptionsBootableEthernetDevice', deviceKey }]
      }
      default:
        return entry satisfies never
    }
  })
}
