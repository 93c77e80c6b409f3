import { statfs } from 'node:fs/promises'
import { isS3 } from './open-storage.ts'

/** The room where a repository lies. A bucket has no end that could be asked for. */
export type Space =
  | { readonly freeBytes: number; readonly totalBytes: number }
  | { readonly freeBytes: null; readonly totalBytes: null }

export async function spaceOf(path: string): Promise<Space> {
  if (isS3(path)) return { freeBytes: null, totalBytes: null }
  const { bavail, blocks, bsize } = await statfs(path)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
