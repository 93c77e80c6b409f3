import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import type { Clock } from '@vmkeep/kit'
import { outputBytesMax, readableOutput } from './script-output.ts'
import type { ScriptResult } from './scripts.ts'

export interface HostScriptCall {
  /** An absolute path; no shell looks at it. */
  readonly path: string
  /** All that the script gets of an environment, beside `PATH`: our own may hold secrets. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly clock: Clock
  /** Ends the script. Absent for one that must run whatever happens. */
  readonly signal?: AbortSignal
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const graceMs = 5000

/** Runs a script of the admin's on this machine, and says how it went. Does not throw, except `signal.reason`. */
export async function runHostScript(call: HostScriptCall): Promise<ScriptResult> {
  const refusal = await whyNotRun(call.path)
  if (refusal !== undefined) return { failure: refusal, output: '' }
  call.signal?.throwIfAborted() // it would not be heard any more
  const result = await run(call)
  call.signal?.throwIfAborted()
  return result
}

/** A script that others can change would let them do as this user whatever they like. */
async function whyNotRun(script: string): Promise<string | undefined> {
  if (!isAbsolute(script)) return 'its path is not absolute'
  try {
    const [file, folder] = await Promise.all([stat(script), stat(dirname(script))])
    const owners = [0, process.getuid?.()]
    if (!file.isFile()) return 'it is no file'
    if (!owners.includes(file.uid)) return 'it belongs to another user; chown it to the user of vmkeep or to root'
    if ((file.mode & 0o022) !== 0) return `others can write to it; run: chmod go-w ${script}`
    if ((folder.mode & 0o022) !== 0 && (folder.mode & 0o1000) === 0)
      return `others can write to its folder; run: chmod go-w ${dirname(script)}`
    return undefined
  } catch (error) {
    return `it cannot be looked at: ${(error as NodeJS.ErrnoException).code ?? String(error)}`
  }
}

function run({ path: script, env, timeoutMs, clock, signal }: HostScriptCall): Promise<ScriptResult> {
  const over = new AbortController()
  // A group of its own, so that what it started ends with it.
  const child = spawn(script, [], { env: { PATH: path, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let kept = Buffer.alloc(0)
  let ended: string | undefined
  const keep = (piece: Buffer) => {
    kept = Buffer.concat([kept, piece.subarray(-outputBytesMax)]).subarray(-outputBytesMax)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const kill = (how: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, how)
    } catch {} // it is over
  }
  const end = async (why: string) => {
    ended ??= why
    kill('SIGTERM')
    await clock.sleep(graceMs, over.signal)
    kill('SIGKILL')
    child.stdout.destroy() // something that left the group may hold it open for ever
    child.stderr.destroy()
  }
  const ignore = () => {} // aborted: it is over
  const onAbort = () => void end('the run was cancelled').catch(ignore)
  signal?.addEventListener('abort', onAbort)
  void clock
    .sleep(timeoutMs, over.signal)
    .then(() => end(`it took longer than ${timeoutMs / 1000} s`))
    .catch(ignore)
  return new Promise((resolve) => {
    const finish = (failure: string | undefined) => {
      over.abort()
      signal?.removeEventListener('abort', onAbort)
      resolve({ output: readableOutput(kept), ...(failure !== undefined && { failure }) })
    }
    child.on('error', (error) => finish(`it cannot be started: ${error.message}`))
    child.on('close', (code, killedBy) => finish(ended ?? badEnd(code, killedBy)))
  })
}

function badEnd(code: number | null, killedBy: NodeJS.Signals | null): string | undefined {
  if (code === 0) return undefined
  return killedBy === null ? `it ended with exit code ${code}` : `it was ended by ${killedBy}`
}
