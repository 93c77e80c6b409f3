import { parseVmx } from '../../storage/index.ts'
import type { VmSnapshot } from '../../storage/model.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { planDisk } from './disk-plan.ts'
import { controllerKeyOf, partsOfNode } from './disk-node.ts'
import { Snapshot } from './snapshot.ts'
import type { VmSettings } from './vm-settings.ts'
import { settingsOfVmx } from './vmx-settings.ts'

/**
 * The snapshots that a VM's .vmsd lists, over the disks that hang on it again.
 *
 * What the VM was at a snapshot is what its .vmsn says; if that can't be read the snapshot is listed all the same, and fails when
 * the VM is to be reverted to it. Change ids do not come back: tracking starts anew. That a disk which is missing makes the
 * registration fail is inferred, all of the rest too but that the snapshots come back.
 * Source: vSphere Web Services API 8.0, RegisterVM_Task; .vmsd files of ESXi VMs. Evidence: observed.
 *
 * @throws `lab.file-not-found` if a disk that a snapshot froze is gone
 */
export async function adoptSnapshots(vm: VirtualMachine, vmx: ReadonlyMap<string, string>): Promise<void> {
  const list = await vm.storage.listedSnapshots()
  vm.storage.adopt({
    list,
    suspendFileName: vmx.get('checkpoint.vmState'),
    idOf: () => vm.world.morefs.snapshot(vm.ref.value),
    keyOf: (node) => placed(vm.settings, [node]).disks[0]!.key,
  })
  for (const frozen of vm.storage.snapshots) vm.addSnapshot(await adopted(vm, frozen))
}

async function adopted(vm: VirtualMachine, frozen: VmSnapshot): Promise<Snapshot> {
  const kept = await vm.storage.keptState(frozen.fileName)
  const config = kept === undefined ? {} : settingsOfVmx(vm.world, parseVmx(kept.config))
  const nodes = frozen.disks.map(({ node }) => node)
  const memory = frozen.memoryFileName !== undefined
  return new Snapshot(vm, frozen.id, {
    frozen,
    settings: placed({ ...vm.settings, ...config }, nodes),
    power: kept?.power ?? (memory ? 'on' : 'off'),
    quiesced: false,
    memory,
    bootTime: '',
    independent: new Map(),
  })
}

/** These settings with a disk at each of these places and no other. */
function placed(settings: VmSettings, nodes: readonly string[]): VmSettings {
  return nodes.reduce<VmSettings>(
    (before, node) => {
      const { unitNumber, ...controller } = partsOfNode(node)
      const wish = {
        controllerKey: controllerKeyOf(controller),
        unitNumber,
        file: { kind: 'attach', path: '' },
      } as const
      return { ...before, disks: [...before.disks, planDisk(before, wish, 0).disk] }
    },
    { ...settings, disks: [] },
  )
}
