import type { Cause, ScriptRun } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { guestScriptsFor } from './guest-scripts.ts'
import { hostScriptsFor } from './host-scripts.ts'
import { placeOf, type SnapshotContext } from './run-context.ts'
import type { ScriptMoment, ScriptPair } from './scripts.ts'
import type { TakenSnapshot } from './take-snapshot.ts'

/**
 * Takes a snapshot between the policy's scripts: `pre` on this machine, `pre` in the guest, the snapshot, `post` in the guest, `post` on
 * this machine. A `post` runs as soon as the snapshot is there, or has failed, or the run is cancelled: the snapshot is all they wait for,
 * not the reading.
 *
 * @throws `backup.script-failed`, `backup.guest-script-failed` if a `pre` fails and the policy does not go on then
 */
export function betweenScripts(
  run: SnapshotContext,
  vm: Vm,
  take: () => Promise<TakenSnapshot>,
): Promise<TakenSnapshot> {
  const { scripts, guestScripts } = run.options
  const inGuest = guestScripts && guestScriptsFor(run, vm, guestScripts)
  const onHost = scripts && hostScriptsFor(run, vm, scripts)
  return around(run, vm, onHost, () => around(run, vm, inGuest, take))
}

async function around(
  run: SnapshotContext,
  vm: Vm,
  pair: ScriptPair | undefined,
  take: () => Promise<TakenSnapshot>,
): Promise<TakenSnapshot> {
  if (pair === undefined) return take()
  const told = new Told(run, vm, pair)
  if (pair.whyNot !== undefined) return told.withAll(await take(), pair.whyNot)
  const { pre, post, where } = pair
  const thaw = pre === undefined || post === undefined ? undefined : { script: post, where }
  const frozen = thaw && (await run.journal.intend({ kind: 'frozen', ...placeOf(run, vm), thaw }))
  let taken: TakenSnapshot | undefined
  let whyNoPost: string | undefined
  try {
    const failed = await told.one({ phase: 'pre', signal: run.signal })
    whyNoPost = failed && pair.whyNoPost?.(failed.cause)
    if (failed !== undefined && pair.ifPreFails === 'fail') throw failure(pair, vm, failed)
    taken = await take()
  } finally {
    if (whyNoPost === undefined) await told.one({ phase: 'post', snapshot: taken === undefined ? 'failed' : 'ok' })
    else told.notRun('post', whyNoPost)
    await frozen?.gone().catch(() => {}) // a journal that takes no line any more: the next start tells once too often
  }
  return told.withAll(taken)
}

interface Failed {
  readonly script: string
  readonly why: string
  readonly cause: unknown
}

const failure = ({ where }: ScriptPair, { name }: Vm, { script, why, cause }: Failed) =>
  where === 'host'
    ? fail('backup.script-failed', { vm: name, script, why }, cause)
    : fail('backup.guest-script-failed', { vm: name, script, why }, cause)

/** Runs the scripts of a pair and keeps what the restore point says of them. */
class Told {
  readonly #run: SnapshotContext
  readonly #vm: Vm
  readonly #pair: ScriptPair
  readonly #runs: ScriptRun[] = []
  readonly #warnings: Cause[] = []

  constructor(run: SnapshotContext, vm: Vm, pair: ScriptPair) {
    this.#run = run
    this.#vm = vm
    this.#pair = pair
  }

  /** Runs the one for this moment, if there is one, and says how it failed, if it did. */
  async one(moment: ScriptMoment): Promise<Failed | undefined> {
    const { phase } = moment
    const { where, [phase]: script } = this.#pair
    if (script === undefined) return undefined
    const { clock, onEvent } = this.#run
    const vm = this.#vm.name
    onEvent({ type: 'vm-phase', vm, phase: `${phase}-script`, ...(where === 'guest' && { detail: 'in the guest' }) })
    const startedMs = clock.monotonicMs()
    const { failure: failedBy, output, cause } = await this.#pair.run(script, moment)
    const about = { where, phase, script, seconds: (clock.monotonicMs() - startedMs) / 1000 }
    const said = output === '' ? '' : `, and said: ${output}`
    if (failedBy === undefined) {
      this.#runs.push({ ...about, outcome: 'ok' })
      if (output !== '') this.#note('info', { code: 'script-output', message: `${script} said: ${output}` })
      return undefined
    }
    const why = failedBy + said
    this.#runs.push({ ...about, outcome: 'failed', why })
    this.#warn(phase, script, why)
    return { script, why, cause }
  }

  notRun(phase: 'pre' | 'post', why: string): void {
    const { where, [phase]: script } = this.#pair
    if (script === undefined) return
    this.#runs.push({ where, phase, script, outcome: 'not-run', why, seconds: 0 })
  }

  /** The snapshot with all that is to be said about the scripts; none was run if there is a reason why not. */
  withAll(taken: TakenSnapshot, whyNot?: string): TakenSnapshot {
    if (whyNot !== undefined) for (const phase of ['pre', 'post'] as const) this.notRun(phase, whyNot)
    const of = (wanted: ScriptRun['phase']) => this.#runs.filter(({ phase }) => phase === wanted)
    const scripts = [...of('pre'), ...taken.scripts, ...of('post')]
    return { ...taken, scripts, warnings: [...taken.warnings, ...this.#warnings] }
  }

  #warn(phase: 'pre' | 'post', script: string, why: string): void {
    const inGuest = this.#pair.where === 'guest'
    const warning = {
      code: `${inGuest ? 'guest-' : ''}${phase}-script-failed`,
      message: `the ${phase} script ${script}${inGuest ? ' in the guest' : ''} failed: ${why}`,
    }
    this.#warnings.push(warning)
    this.#note('warn', warning)
  }

  #note(level: 'info' | 'warn', cause: Cause): void {
    this.#run.onEvent({ type: 'note', level, vm: this.#vm.name, ...cause })
  }
}
