import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Random } from '@vmkeep/kit'
import { fail } from './errors.ts'

/**
 * This installation's id: 8 hex digits, made once and kept in the state folder.
 * It is part of every marker, so that two vmkeep installations never take each other's snapshots for their own.
 */
export async function instanceId(stateFolder: string, random: Random): Promise<string> {
  const path = join(stateFolder, 'instance-id')
  await mkdir(stateFolder, { recursive: true, mode: 0o700 })
  const fresh = Buffer.from(random.bytes(4)).toString('hex')
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(fresh)
    await file.sync()
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw fail('run.state-unusable', { folder: stateFolder }, error)
  }
  const kept = (await readFile(path, 'utf8')).trim()
  if (!/^[0-9a-f]{8}$/.test(kept)) throw fail('run.instance-id-damaged', { path })
  return kept
}

/** A run's id: 12 hex digits, the first 8 its start in seconds, so that ids sort by time. */
export function newRunId(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.nowMs() / 1000)
  return seconds.toString(16).padStart(8, '0').slice(-8) + Buffer.from(random.bytes(2)).toString('hex')
}
