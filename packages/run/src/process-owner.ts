import { isAlive as isRunning, pidSpace, type ProcessOwner as Process, thisProcess as current } from '@vmkeep/kit'

/** A process of this machine, told apart from a later one of its number, also after the machine was started again. */
export interface ProcessOwner extends Process {
  /** Where its number means it; absent where the system does not tell. In a container the first process is 1 every time. */
  readonly space?: string
}

export async function thisProcess(): Promise<ProcessOwner> {
  const space = await pidSpace()
  return { ...(await current()), ...(space === undefined ? {} : { space }) }
}

/**
 * Whether it still runs. A process of another boot, or of a container that is not this one, counts as dead: its number means
 * nothing here. So a state folder is for one container at a time.
 */
export async function isAlive(owner: ProcessOwner): Promise<boolean> {
  const here = await pidSpace()
  const isOfElsewhere = here !== undefined && owner.space !== undefined && here !== owner.space
  return !isOfElsewhere && (await isRunning(owner))
}

/** Whether what was read from a file can name a process at all: signals to 0 and below go to groups of processes. */
export function isProcessOwner(value: unknown): value is ProcessOwner {
  if (typeof value !== 'object' || value === null) return false
  const { pid, startTicks } = value as Partial<ProcessOwner>
  return Number.isSafeInteger(pid) && pid! > 0 && typeof startTicks === 'number'
}
