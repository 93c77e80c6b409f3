import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, messageOf, type Random } from '@vmkeep/kit'
import { fail } from './errors.ts'

/**
 * This installation's id: 8 hex digits, made once and kept in the state folder.
 * It is part of every marker, so that two vmkeep installations never take each other's snapshots for their own.
 */
export async function instanceId(stateFolder: string, random: Random): Promise<string> {
  const path = join(stateFolder, 'instance-id')
  const fresh = Buffer.from(random.bytes(4)).toString('hex')
  try {
    await mkdir(stateFolder, { recursive: true, mode: 0o700 })
    const kept = (await readIfThere(path)) ?? ((await createWhole(path, fresh)) ? fresh : await readFile(path, 'utf8'))
    if (/^[0-9a-f]{8}$/.test(kept.trim())) return kept.trim()
  } catch (error) {
    throw fail('run.state-unusable', { folder: stateFolder, why: messageOf(error) }, error)
  }
  throw fail('run.instance-id-damaged', { path })
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}

/** Whole or not at all: an id that a full disk cut short would keep every later run from starting. `false` if it is there. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${text}`
  try {
    await using file = await open(draft, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await unlink(draft).catch(() => {}) // a name nobody asks for
  }
}

/** A run's id: 12 hex digits, the first 8 its start in seconds, so that ids sort by time. */
export function newRunId(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.nowMs() / 1000)
  return seconds.toString(16).padStart(8, '0').slice(-8) + Buffer.from(random.bytes(2)).toString('hex')
}
