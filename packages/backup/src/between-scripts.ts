import type { Cause } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { runHostScript } from './host-script.ts'
import { identityOf } from './identity.ts'
import type { SnapshotContext } from './run-context.ts'
import type { TakenSnapshot } from './take-snapshot.ts'

/**
 * Takes a snapshot between the policy's scripts on this machine: `pre` before it, `post` as soon as it is there, or has failed, or the run
 * is cancelled. The snapshot is all they wait for, not the reading.
 *
 * @throws `backup.script-failed` if `pre` fails and the policy does not go on then
 */
export async function betweenScripts(
  run: SnapshotContext,
  vm: Vm,
  take: () => Promise<TakenSnapshot>,
): Promise<TakenSnapshot> {
  const { scripts } = run.options
  if (scripts === undefined) return take()
  const warnings: Cause[] = []
  let taken: TakenSnapshot | undefined
  try {
    const failure = await runOne(run, vm, 'pre')
    if (failure !== undefined && scripts.ifPreFails === 'fail') throw fail('backup.script-failed', failure)
    if (failure !== undefined) warnings.push(warn(run, vm, 'pre', failure))
    taken = await take()
  } finally {
    const failure = await runOne(run, vm, 'post', taken === undefined ? 'failed' : 'ok')
    if (failure !== undefined) warnings.push(warn(run, vm, 'post', failure))
  }
  return { ...taken, warnings: [...taken.warnings, ...warnings] }
}

type Phase = 'pre' | 'post'

interface ScriptFailure {
  readonly vm: string
  readonly script: string
  readonly why: string
}

async function runOne(
  run: SnapshotContext,
  vm: Vm,
  phase: Phase,
  outcome?: string,
): Promise<ScriptFailure | undefined> {
  const { scripts } = run.options
  const script = scripts?.[phase]
  if (scripts === undefined || script === undefined) return undefined
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: `${phase}-script` })
  const { failure, output } = await runHostScript({
    path: script,
    timeoutMs: scripts.timeoutSeconds * 1000,
    clock: run.clock,
    env: environmentOf(run, vm, phase, outcome),
    ...(phase === 'pre' && { signal: run.signal }),
  })
  const said = output === '' ? '' : `, and said: ${output}`
  if (failure !== undefined) return { vm: vm.name, script, why: failure + said }
  if (output !== '') {
    const message = `${script} said: ${output}`
    run.onEvent({ type: 'note', level: 'info', vm: vm.name, message, code: 'script-output' })
  }
  return undefined
}

function environmentOf(run: SnapshotContext, vm: Vm, phase: Phase, outcome: string | undefined) {
  return {
    VMKEEP_PHASE: phase,
    VMKEEP_VM_NAME: vm.name.replaceAll('\0', ''),
    VMKEEP_VM_UUID: identityOf(vm),
    VMKEEP_VM_POWER: vm.powerState,
    VMKEEP_RUN_ID: run.runId,
    ...(outcome !== undefined && { VMKEEP_SNAPSHOT: outcome }),
  }
}

function warn(run: SnapshotContext, vm: Vm, phase: Phase, { script, why }: ScriptFailure): Cause {
  const cause = { code: `${phase}-script-failed`, message: `the ${phase} script ${script} failed: ${why}` }
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...cause })
  return cause
}
