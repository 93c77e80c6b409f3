import { link, lstat, rename, unlink } from 'node:fs/promises'
import { crashPoint } from '@vmkeep/kit'

/** Source: link(2): EPERM where the file system has no links, as FAT; others by experience with network shares. Evidence: documented, inferred. */
const noLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/**
 * Gives a file another name in its folder, never over another file: a link fails where the name is taken.
 * Where there are no links a rename must do; between the look and the rename somebody else could take the name.
 *
 * @throws EEXIST, with `path` the name that is taken
 */
export async function giveName(from: string, to: string, makeLink = link): Promise<void> {
  try {
    await makeLink(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (noLinks.includes(code)) return await renameOnce(from, to)
    if (code !== 'EEXIST') throw error
    if (!(await isSameFile(from, to))) throw alreadyThere(to, error)
  }
  crashPoint('new-file.after-link')
  await unlink(from).catch(() => {}) // the file is whole and has its name: one name more does no harm
}

/** @throws EEXIST if something is there, be it a broken symbolic link */
export async function requireAbsent(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found !== undefined) throw alreadyThere(path)
}

async function renameOnce(from: string, to: string): Promise<void> {
  await requireAbsent(to)
  await rename(from, to)
}

/**
 * A LINK whose reply was lost is sent again by NFS and then finds its own work.
 * Source: Linux open(2), NOTES on O_EXCL over NFS. Evidence: documented.
 */
async function isSameFile(from: string, to: string): Promise<boolean> {
  const [one, other] = [await lstat(from, { bigint: true }), await lstat(to, { bigint: true })]
  return one.ino === other.ino && one.dev === other.dev
}

const alreadyThere = (path: string, cause?: unknown): Error =>
  Object.assign(new Error(`EEXIST: ${path} is already there`, { cause }), { code: 'EEXIST', path })
