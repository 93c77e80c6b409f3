import { basename, dirname, join } from 'node:path'
import { type ByteSource, openFileSource } from './byte-source.ts'
import { fail } from './errors.ts'
import { parentPath } from './parent-path.ts'

/** Where the files of a chain lie: a folder of this machine, or a file system that is read by other means. */
export interface VmdkFiles {
  /** @throws `vmdk.not-found` and others; `neededBy` is the file that names it */
  open(path: string, neededBy?: string): Promise<ByteSource>
  /** Where the parent is that a child's descriptor hints at. @throws `vmdk.parent-outside`, `vmdk.chain-broken` */
  parent(child: string, hint: string): Promise<string>
}

/** Files of this machine. Parents lie below `root`, or in the child's folder if it is left out. */
export const localFiles = (root: string | undefined): VmdkFiles => ({
  open: openFileSource,
  parent: (child, hint) => parentPath(child, hint, root),
})

/** An extent: only ever a plain file beside its descriptor, since a descriptor is somebody's text and may name any file. @throws `vmdk.extent-outside` */
export function besideDescriptor(path: string, fileName: string): string {
  const isPlain = fileName !== '' && fileName !== '.' && fileName !== '..' && fileName === basename(fileName)
  if (!isPlain || /[\\\0]/.test(fileName)) throw fail('vmdk.extent-outside', { path, extent: fileName })
  return join(dirname(path), fileName)
}
