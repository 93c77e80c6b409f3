import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { VddkLibrary } from './find-library.ts'

/**
 * A folder to search for what libvixDiskLib needs: links to all of VDDK's libraries but the runtime of C++ and of the compiler.
 *
 * Why not `lib64` itself: VDDK brings a libstdc++ of its own age, and Node, which looks there too, does not start with an older
 * one than its own; the system's is newer and serves both. Source: ld.so(8); VDDK's file list as admins tell it. Evidence: observed here
 * with a libstdc++ that is none; that the newer one serves VDDK, inferred from the promise of its ABI.
 *
 * Made once for each set of files; can be made again at any time.
 */
export async function makeSearchFolder({ libraryFolder }: VddkLibrary, cacheFolder: string): Promise<string> {
  const names = (await readdir(libraryFolder)).filter((name) => /\.so(\.|$)/.test(name) && !runtimes.test(name))
  const key = createHash('sha256')
    .update(JSON.stringify([libraryFolder, names.toSorted()]))
    .digest('hex')
    .slice(0, 16)
  const folder = join(cacheFolder, key)
  if (await isThere(folder)) return folder
  const draft = `${folder}.${process.pid}.${Date.now()}`
  await mkdir(draft, { recursive: true, mode: 0o700 })
  try {
    for (const name of names) await symlink(join(libraryFolder, name), join(draft, name))
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!(await isThere(folder))) throw error // another process was first, with the same links
  }
  return folder
}

const runtimes = /^lib(stdc\+\+|gcc_s)\.so/

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
