import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, pidSpace } from '@vmkeep/kit'
import { type PartialName, parsePartialName, shortened } from './partial-name.ts'

export interface PartialFile {
  readonly path: string
  /** The process that writes it, or wrote it. */
  readonly pid: number
  /** `unknown`: written before this machine's last start, on another machine, or in another container. It may live. */
  readonly state: 'alive' | 'dead' | 'unknown'
}

/** The partial files in a folder; those of one file only, if it is named. None where there is no such folder. */
export async function findPartialFiles(folder: string, wholeName?: string): Promise<PartialFile[]> {
  const names = await readdir(folder).catch(unlessMissing)
  const here = await pidSpace()
  const found: PartialFile[] = []
  for (const name of names) {
    const partial = parsePartialName(name)
    if (partial === undefined || (wholeName !== undefined && partial.wholeName !== shortened(wholeName))) continue
    found.push({ path: join(folder, name), pid: partial.owner.pid, state: await stateOf(partial, here) })
  }
  return found
}

/** Removes what killed processes have left, where it is certain that they are dead. Returns what stays. */
export async function removeDeadPartialFiles(folder: string, wholeName?: string): Promise<PartialFile[]> {
  const found = await findPartialFiles(folder, wholeName)
  for (const { path, state } of found) if (state === 'dead') await unlink(path).catch(unlessMissing) // its name is never used again: it is still the same file
  return found.filter(({ state }) => state !== 'dead')
}

async function stateOf({ owner, space }: PartialName, here: string | undefined): Promise<PartialFile['state']> {
  if (space === undefined || space !== here) return 'unknown'
  return (await isAlive(owner)) ? 'alive' : 'dead'
}

function unlessMissing(error: unknown): never[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // somebody else was faster
  throw error
}
