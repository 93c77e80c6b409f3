import { readFile } from 'node:fs/promises'

/** A process, told apart from a later one that got the same number. */
export interface ProcessOwner {
  readonly pid: number
  /** Start time in kernel ticks since boot; 0 where the system does not tell. */
  readonly startTicks: number
}

export async function thisProcess(): Promise<ProcessOwner> {
  return { pid: process.pid, startTicks: (await startTicksOf(process.pid)) ?? 0 }
}

export async function isAlive({ pid, startTicks }: ProcessOwner): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false // EPERM: it lives, under another user
  }
  const now = await startTicksOf(pid)
  return now === undefined || startTicks === 0 || now === startTicks
}

/** Source: proc(5), /proc/pid/stat field 22; field 2 may hold spaces and brackets. Evidence: documented. */
async function startTicksOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return undefined // no /proc here
  }
}
