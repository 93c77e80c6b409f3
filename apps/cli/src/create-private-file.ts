import { type FileHandle, open } from 'node:fs/promises'
import { messageOf } from '@vmkeep/kit'
import { fail } from './errors.ts'

/** Creates a file that only this user can read. Nothing is ever overwritten. @throws `cli.file-exists`, `cli.file-unwritable` */
export async function createPrivateFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw fail('cli.file-exists', { path }, error)
    throw fail('cli.file-unwritable', { path, why: messageOf(error) }, error)
  }
}
