import type { AnyOf } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import { startTask } from '../../tasks/start-task.ts'
import type { RunningTask } from '../../tasks/task-engine.ts'
import { type Call, type Handlers, targetAs } from '../../soap/call.ts'
import { HostSystem } from '../host.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import { isWindows, type QuiesceWish } from '../vm/quiesce-guest.ts'
import { Snapshot } from '../vm/snapshot.ts'
import {
  consolidate,
  createSnapshot,
  type CreateSnapshotOptions,
  removeAllSnapshots,
  removeSnapshot,
  removeUntilHostCrashes,
  type RevertOptions,
  revertTo,
} from '../vm/snapshot-operations.ts'
import { untilAnswered } from '../vm/until-answered.ts'

/** Source: vSphere Web Services API 8.0, VirtualMachineGuestQuiesceSpec.timeout, minutes. Evidence: documented. */
const quiesceTimeout = { min: 5, max: 240 } as const

const contexts: readonly (string | undefined)[] = ['ctx_auto', 'ctx_backup', 'ctx_file_share_backup', undefined]
/** VSS_BT_FULL to VSS_BT_COPY. Source: Microsoft, VSS_BACKUP_TYPE. Evidence: documented. */
const backupTypes: readonly (number | undefined)[] = [1, 2, 3, 4, 5, undefined]

type QuiesceSpec = AnyOf<'VirtualMachineGuestQuiesceSpec'>

/** Stricter than a server perhaps: that a Windows spec is refused for other guests is inferred. */
function checkSpec(vm: VirtualMachine, spec: QuiesceSpec): void {
  const refuse = (field: string) => new VimFault('InvalidArgument', { invalidProperty: `quiesceSpec.${field}` })
  const { timeout } = spec
  if (timeout !== undefined && (timeout < quiesceTimeout.min || timeout > quiesceTimeout.max)) throw refuse('timeout')
  if (spec.$type !== 'VirtualMachineWindowsQuiesceSpec') return
  if (!isWindows(vm)) throw new VimFault('InvalidArgument', { invalidProperty: 'quiesceSpec' })
  if (!contexts.includes(spec.vssBackupContext)) throw refuse('vssBackupContext')
  if (!backupTypes.includes(spec.vssBackupType)) throw refuse('vssBackupType')
}

function wishOf({ action }: Pick<Call<'CreateSnapshot_Task'>, 'action'>, spec: QuiesceSpec | undefined): QuiesceWish {
  return {
    context: spec?.$type === 'VirtualMachineWindowsQuiesceSpec' ? spec.vssBackupContext : undefined,
    ignored: action?.do === 'ignore-quiesce',
    fileSystemOnly: action?.do === 'file-system-only',
  }
}

export const vmSnapshotMethods: Handlers = {
  CreateSnapshot_Task(call) {
    const { name, description = '', memory, quiesce } = call.request
    return create(call, { name, description, memory, quiesce: quiesce ? wishOf(call, undefined) : false })
  },

  CreateSnapshotEx_Task(call) {
    const { name, description = '', memory, quiesceSpec } = call.request
    if (quiesceSpec !== undefined) checkSpec(targetAs(call, VirtualMachine), quiesceSpec)
    return create(call, { name, description, memory, quiesce: quiesceSpec ? wishOf(call, quiesceSpec) : false })
  },

  RemoveSnapshot_Task(call) {
    const snapshot = targetAs(call, Snapshot)
    const { removeChildren } = call.request
    const { action } = call
    const work = async (task: RunningTask) => {
      if (action?.do === 'leave-snapshot') return
      if (action?.do === 'host-crash') return await removeUntilHostCrashes(snapshot, task)
      await removeSnapshot(snapshot, { removeChildren, consolidate: merges(call) }, task)
    }
    return startTask(call, { descriptionId: 'vim.vm.Snapshot.remove', entity: snapshot.owner }, work)
  },

  RemoveAllSnapshots_Task(call) {
    const vm = targetAs(call, VirtualMachine)
    const work = (task: RunningTask) => removeAllSnapshots(vm, { consolidate: merges(call) }, task)
    return startTask(call, { descriptionId: 'VirtualMachine.removeAllSnapshots', entity: vm }, work)
  },

  ConsolidateVMDisks_Task(call) {
    const vm = targetAs(call, VirtualMachine)
    const options = { descriptionId: 'VirtualMachine.consolidateDisks', entity: vm }
    return startTask(call, options, (task) => consolidate(vm, task))
  },

  RevertToSnapshot_Task(call) {
    const snapshot = targetAs(call, Snapshot)
    const options = { descriptionId: 'vim.vm.Snapshot.revert', entity: snapshot.owner }
    return startTask(call, options, () => revertTo(snapshot, revertOptions(call)))
  },

  RevertToCurrentSnapshot_Task(call) {
    const vm = targetAs(call, VirtualMachine)
    const current = vm.snapshots.find(({ ref }) => ref.value === vm.storage.currentSnapshot?.id)
    if (current === undefined) throw new VimFault('NotFound')
    const options = { descriptionId: 'VirtualMachine.revertToCurrentSnapshot', entity: vm }
    return startTask(call, options, () => revertTo(current, revertOptions(call)))
  },

  RenameSnapshot(call) {
    const snapshot = targetAs(call, Snapshot)
    if (call.request.name === '') throw new VimFault('InvalidName', { name: '' })
    snapshot.snapshotName = call.request.name ?? snapshot.snapshotName
    snapshot.description = call.request.description ?? snapshot.description
    snapshot.owner.touch()
  },

  async QueryChangedDiskAreas(call) {
    const vm = targetAs(call, VirtualMachine)
    const { snapshot, deviceKey, startOffset, changeId } = call.request
    if (snapshot !== undefined) call.world.inventory.getAs(Snapshot, snapshot, 'snapshot')
    else if (vm.power !== 'off') throw new VimFault('InvalidArgument', { invalidProperty: 'snapshot' })
    const query = { snapshotId: snapshot?.value, deviceKey, startOffset: Number(startOffset), changeId }
    const answer = await vm.storage.queryChanged(query)
    switch (answer.kind) {
      case 'page': {
        const areas = answer.extents.map(({ offsetBytes, lengthBytes }) => ({
          start: offsetBytes,
          length: lengthBytes,
        }))
        return { startOffset: answer.startOffset, length: answer.length, changedArea: areas }
      }
      case 'file-fault':
        throw new VimFault('FileFault', { file: answer.file })
      case 'invalid-argument':
        throw new VimFault('InvalidArgument', { invalidProperty: answer.property })
      case 'not-supported':
        throw new VimFault('NotSupported')
    }
  },
}

function create(call: Call<'CreateSnapshot_Task' | 'CreateSnapshotEx_Task'>, options: CreateSnapshotOptions) {
  const vm = targetAs(call, VirtualMachine)
  const { name, description, memory, quiesce } = options
  return startTask(
    call,
    { descriptionId: 'VirtualMachine.createSnapshot', entity: vm, cancelable: true },
    async ({ signal }) => {
      await untilAnswered(vm, signal)
      return await createSnapshot(vm, { name, description, memory, quiesce })
    },
  )
}

function revertOptions({
  world,
  request,
}: Call<'RevertToSnapshot_Task' | 'RevertToCurrentSnapshot_Task'>): RevertOptions {
  const host = request.host && world.inventory.getAs(HostSystem, request.host, 'host')
  return { suppressPowerOn: request.suppressPowerOn ?? false, host }
}

function merges({ request, action }: Call<'RemoveSnapshot_Task' | 'RemoveAllSnapshots_Task'>): boolean {
  return action?.do !== 'leave-consolidation-needed' && request.consolidate !== false
}
