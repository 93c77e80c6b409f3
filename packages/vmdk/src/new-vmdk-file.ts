import { NewFile } from '@vmkeep/disk'
import { messageOf } from '@vmkeep/kit'
import { fail } from './errors.ts'

/** A file of a new VMDK. @throws `vmdk.file-exists`, `vmdk.write-failed`, from its methods too */
export function createVmdkFile(path: string): Promise<NewFile> {
  return NewFile.create(path, { errorOf })
}

const errorOf = (error: NodeJS.ErrnoException, path: string): Error =>
  error.code === 'EEXIST'
    ? fail('vmdk.file-exists', { path }, error)
    : fail('vmdk.write-failed', { path, fact: messageOf(error) }, error)
