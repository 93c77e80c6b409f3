import { AppError, messageOf } from '@vmkeep/kit'

/** What one check found. */
export interface Finding {
  /** `this machine`, `repository`, `vcenter main`. */
  readonly about: string
  readonly check: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** What to do about it; absent when ok. */
  readonly remedy?: string
  /** The code of the error behind it. */
  readonly code?: string
}

/** Findings about one thing. */
export function findingsOn(about: string) {
  return {
    ok: (check: string, found: string): Finding => ({ about, check, state: 'ok', found }),
    warn: (check: string, found: string, remedy: string): Finding => ({ about, check, state: 'warn', found, remedy }),
    fail: (check: string, found: string, remedy: string): Finding => ({ about, check, state: 'fail', found, remedy }),
    /** An error that stopped a check. Ours end with the way out themselves. */
    failed: (check: string, error: unknown, remedy?: string): Finding => ({
      about,
      check,
      state: 'fail',
      found: messageOf(error),
      ...(remedy === undefined ? {} : { remedy }),
      ...(error instanceof AppError ? { code: error.code } : {}),
    }),
  }
}
