import { basename, dirname } from 'node:path'
import { causes, codeOf, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'

const fullCodes = ['ENOSPC', 'EDQUOT']
const unusableCodes = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EFBIG', 'EIO', 'ESTALE']

/** What a failed write to the target means to whoever restores. What is not the target's fault passes through. */
export function targetError(error: unknown, path: string): unknown {
  if (!(codeOf(error) ?? 'vmdk.').startsWith('vmdk.')) return error
  const cause = [...causes(error)].find(isSystemError)
  if (cause === undefined) return error
  const { code = '', path: taken = path } = cause
  if (code === 'EEXIST') {
    const fact = 'which came while this restore was at work, so somebody else writes here too'
    return fail('restore.target-exists', { folder: dirname(taken), names: basename(taken), fact }, error)
  }
  if (fullCodes.includes(code)) return fail('restore.target-full', { path }, error)
  if (unusableCodes.includes(code)) return fail('restore.target-unusable', { path, why: messageOf(cause) }, error)
  return error
}

/** @throws what {@link targetError} makes of it */
export async function mapTargetErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw targetError(error, path)
  }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && /^E[A-Z0-9]+$/.test(String(error.code))
