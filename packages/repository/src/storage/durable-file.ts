import { type FileHandle, link, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DirectWriter } from '@vmkeep/disk'
import { systemCode } from './folder-errors.ts'

/** Less than this is not worth the two calls more. */
const directBytesMin = 1024 * 1024

/** Writes a new file and brings it to the disk. @throws EEXIST if it is there */
export async function writeDurably(path: string, pieces: readonly Uint8Array[], mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await writeAll(path, file, pieces)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function writeAll(path: string, file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces.filter((piece) => piece.length > 0)
  const sizeBytes = rest.reduce((sum, piece) => sum + piece.length, 0)
  await using direct = sizeBytes < directBytesMin ? undefined : await DirectWriter.open(path)
  for (let at = 0; rest.length > 0;) {
    const written = (await direct?.write(at, ...rest)) || (await file.writev(rest, at)).bytesWritten
    rest = without(rest, written)
    at += written
  }
}

/** `pieces` without their first `bytes`: a disk that fills up takes a part, and says ENOSPC only when asked again. */
function without(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes
  const first = pieces.findIndex((piece) => left < piece.length || ((left -= piece.length), false))
  return first === -1 ? [] : [pieces[first]!.subarray(left), ...pieces.slice(first + 1)]
}

/**
 * Gives `temp` its final name, unless that is taken.
 * A LINK whose reply was lost is sent again by NFS and then finds its own work: the temporary file has two names.
 * Source: Linux open(2), NOTES on O_EXCL over NFS. Evidence: documented.
 */
export async function linkOnce(temp: string, final: string): Promise<'created' | 'exists'> {
  try {
    await link(temp, final)
    return 'created'
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw error
    if ((await stat(temp)).nlink === 2) return 'created'
    if (systemCode(error) === 'EEXIST') return 'exists'
    throw error
  }
}

/** Makes `folder` and what is missing above it, each durable in its parent. Stops at `root`, which must exist. */
export async function makeFolder(folder: string, root: string, mode: number): Promise<void> {
  if (folder === root) return
  const parent = dirname(folder)
  try {
    await mkdir(folder, mode)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && parent !== root) {
      await makeFolder(parent, root, mode)
      return await makeFolder(folder, root, mode)
    }
    if (systemCode(error) !== 'EEXIST') throw error
  }
  await syncFolder(parent) // also when it was there: whoever made it may not have got this far
}

/** Brings the names in a folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
