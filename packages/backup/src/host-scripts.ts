import type { Vm } from '@vmkeep/vsphere'
import { runHostScript } from './host-script.ts'
import { identityOf } from './identity.ts'
import type { HostScripts } from './options.ts'
import type { SnapshotContext } from './run-context.ts'
import type { ScriptMoment, ScriptPair } from './scripts.ts'

/** The policy's scripts on this machine, for one VM. */
export const hostScriptsFor = (run: SnapshotContext, vm: Vm, scripts: HostScripts): ScriptPair => ({
  where: 'host',
  pre: scripts.pre,
  post: scripts.post,
  ifPreFails: scripts.ifPreFails,
  run: (path, moment) =>
    runHostScript({
      path,
      timeoutMs: scripts.timeoutSeconds * 1000,
      clock: run.clock,
      env: environmentOf(run, vm, moment),
      ...(moment.phase === 'pre' && { signal: moment.signal }),
    }),
})

const environmentOf = (run: SnapshotContext, vm: Vm, moment: ScriptMoment) => ({
  VMKEEP_PHASE: moment.phase,
  VMKEEP_VM_NAME: vm.name.replaceAll('\0', ''),
  VMKEEP_VM_UUID: identityOf(vm),
  VMKEEP_VM_POWER: vm.powerState,
  VMKEEP_RUN_ID: run.runId,
  ...(moment.phase === 'post' && { VMKEEP_SNAPSHOT: moment.snapshot }),
})
