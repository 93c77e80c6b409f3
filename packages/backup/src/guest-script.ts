import { AppError, type Clock, hasCode, messageOf, type Random, retry } from '@vmkeep/kit'
import { Guest, type GuestLogin, type GuestProgram, type ManagedObjectReference, type Session } from '@vmkeep/vsphere'
import { GuestOutput, type OutputWish } from './guest-output.ts'
import type { ScriptResult } from './scripts.ts'

export interface GuestScriptCall {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly login: GuestLogin
  /** How it is run, writing into a file of the guest, if there is one. */
  readonly command: (output?: string) => GuestProgram
  /** What its arguments are, without what a shell makes of them: as a list of processes has them. */
  readonly words: string
  /** Whether what it writes is kept; not, if absent. */
  readonly output?: OutputWish | undefined
  /** A word of the command that no other has: by it the process is found again. */
  readonly mark: string
  /** How often a guest that does not answer is asked, within the time. */
  readonly attemptsMax: number
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: Random
  /** Ends the script. Absent for one that must run whatever happens. */
  readonly signal?: AbortSignal
}

/** Runs a script of the admin's in a guest and waits for its end. Does not throw, except `signal.reason`. */
export async function runInGuest(call: GuestScriptCall): Promise<ScriptResult> {
  const { clock, timeoutMs, signal } = call
  const refusals: unknown[] = []
  const over = new AbortController()
  const timeUp = new AbortController()
  const tooLong = `it took longer than ${timeoutMs / 1000} s`
  void clock.sleep(timeoutMs, over.signal).then(
    () => timeUp.abort(new Error(tooLong)),
    () => {}, // aborted: it is over
  )
  const ending = AbortSignal.any([timeUp.signal, ...(signal === undefined ? [] : [signal])])
  try {
    return await run(call, ending, (error) => refusals.splice(0, 1, error))
  } catch (error) {
    signal?.throwIfAborted()
    if (!timeUp.signal.aborted) return { failure: messageOf(error), cause: error, output: '' }
    const [cause] = refusals
    return { failure: cause === undefined ? tooLong : `${tooLong} to start it: ${messageOf(cause)}`, cause, output: '' }
  } finally {
    over.abort()
  }
}

async function run(
  call: GuestScriptCall,
  ending: AbortSignal,
  onRefusal: (error: unknown) => void,
): Promise<ScriptResult> {
  const patiently = <T>(work: () => Promise<T>) => untilItAnswers(call, work, { onRefusal, ending })
  const guest = await patiently(() => Guest.enter(call.session, call.vm, call.login, ending))
  ending.throwIfAborted() // what is started now would have to be ended at once
  const output = await GuestOutput.open({ guest, clock: call.clock, login: call.login }, call.output)
  try {
    ending.throwIfAborted()
    const pid = await patiently(() => start(guest, call, output.file))
    return await output.addedTo(await watch(guest, pid, call, ending))
  } catch (error) {
    await output.discard()
    throw error
  }
}

async function watch(
  guest: Guest,
  pid: number | bigint,
  call: GuestScriptCall,
  ending: AbortSignal,
): Promise<ScriptResult> {
  try {
    return await endOf(guest, pid, call, ending)
  } catch (error) {
    const left = await guest.end(pid).then(
      () => undefined,
      (failure: unknown) => messageOf(failure),
    )
    call.signal?.throwIfAborted()
    const failure = messageOf(ending.aborted ? ending.reason : error)
    const still = `, and could not be ended: ${left}; it may still run in the guest`
    return { failure: left === undefined ? `${failure} and was ended` : failure + still, cause: error, output: '' }
  }
}

/** An answer that was lost says nothing of whether it runs: the guest does. It is never started twice. */
async function start(
  guest: Guest,
  { command, words, mark }: GuestScriptCall,
  output: string | undefined,
): Promise<number | bigint> {
  try {
    return await guest.start(command(output))
  } catch (error) {
    if (!hasCode(error, 'vsphere.reply-lost')) throw error
    const found = await guest.find(({ commandLine }) => commandLine.includes(mark) && commandLine.includes(words))
    if (found === undefined) throw error
    return found.pid
  }
}

const pollMs = 1000

async function endOf(
  guest: Guest,
  pid: number | bigint,
  { clock }: GuestScriptCall,
  ending: AbortSignal,
): Promise<ScriptResult> {
  for (;;) {
    const process = await guest.process(pid, ending).catch((error: unknown) => {
      if (error instanceof AppError && error.remedy === 'retry' && !ending.aborted) return 'unknown' as const
      throw error
    })
    if (process === undefined)
      return { failure: 'the guest knows nothing of it any more, so nobody knows how it ended', output: '' }
    if (process !== 'unknown' && process.ended) return resultOf(process.exitCode)
    await clock.sleep(pollMs, ending)
  }
}

function resultOf(exitCode: number | undefined): ScriptResult {
  if (exitCode === 0) return { output: '' }
  const failure =
    exitCode === undefined ? 'the guest does not tell its exit code' : `it ended with exit code ${exitCode}`
  return { failure, output: '' }
}

/** Tools that have just quiesced the guest, a busy VM, a host that is slow: asked again. Nothing of that has started anything. */
const untilItAnswers = <T>(
  { attemptsMax, clock, random }: GuestScriptCall,
  work: () => Promise<T>,
  { onRefusal, ending }: { readonly onRefusal: (error: unknown) => void; readonly ending: AbortSignal },
): Promise<T> =>
  retry(work, {
    attemptsMax,
    delayMs: 2000,
    delayMsMax: 5000, // somebody waits for a frozen application
    isRetryable: (error) => hasCode(error, 'vsphere.guest-unavailable', 'vsphere.busy', 'vsphere.host-unreachable'),
    onRetry: onRefusal,
    clock,
    random,
    signal: ending,
  })
