import { AppError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'

/** The code of a failed system call, or `undefined`. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && !(error instanceof AppError)
    ? error.code
    : undefined

/** What a failed system call means to whoever runs backups. Anything that is no system error passes through. */
export function folderError(error: unknown, storage: string, key: string): unknown {
  const about = { storage, key }
  switch (systemCode(error)) {
    case undefined:
      return error
    case 'ENOSPC':
    case 'EDQUOT':
      return fail('storage.full', about, error)
    case 'EACCES':
    case 'EPERM':
      return fail('storage.no-permission', about, error)
    case 'EROFS':
      return fail('storage.read-only', about, error)
    case 'ENOENT':
      return fail('storage.not-found', about, error)
    case 'ENOTDIR':
      return fail('storage.not-a-folder', { storage: `the parent of ${key} in ${storage}` }, error)
    default: // EIO, ESTALE, ETIMEDOUT, EMFILE …: it may work later
      return fail('storage.unavailable', { ...about, reason: messageOf(error) }, error)
  }
}
