import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'

/** A process, told apart from a later one that got the same number. */
export interface ProcessOwner {
  readonly pid: number
  /** Start time in kernel ticks since boot; 0 where the system does not tell. */
  readonly startTicks: number
}

export async function thisProcess(): Promise<ProcessOwner> {
  return { pid: process.pid, startTicks: (await statOf(process.pid))?.startTicks ?? 0 }
}

/** Whether a process of this very machine, boot and container still runs: see {@link pidSpace}. In doubt it does. */
export async function isAlive({ pid, startTicks }: ProcessOwner): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false // EPERM: it lives, under another user
  }
  const now = await statOf(pid)
  if (now === undefined) return true
  return !endedStates.includes(now.state) && (startTicks === 0 || now.startTicks === startTicks)
}

/** Killed, and its parent has not asked how: in a container without an init process it stays like that for ever. */
const endedStates = ['Z', 'X']

/**
 * Names, in 12 hex digits, where a process number means the same process: one boot of one machine, one container.
 * `undefined` where the system does not tell. Ask {@link isAlive} only about a process whose space is this one's.
 *
 * Source: proc(5), random/boot_id; pid_namespaces(7); time_namespaces(7), which moves the start times. Evidence: documented.
 */
export async function pidSpace(): Promise<string | undefined> {
  try {
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'latin1')
    const pids = await readlink('/proc/self/ns/pid')
    const times = await readlink('/proc/self/ns/time').catch(() => '') // none before Linux 5.6
    return createHash('sha256').update([bootId.trim(), pids, times].join()).digest('hex').slice(0, 12)
  } catch {
    return undefined // no /proc here
  }
}

/** Source: proc(5), /proc/pid/stat fields 3 and 22; field 2 may hold spaces and brackets. Evidence: documented. */
async function statOf(pid: number): Promise<{ state: string; startTicks: number } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, startTicks: Number(fields[19]) }
  } catch {
    return undefined // no /proc here
  }
}
