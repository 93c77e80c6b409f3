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

/** Makes findings about one thing. */
export interface FindingsOn {
  readonly ok: (check: string, found: string) => Finding
  readonly warn: (check: string, found: string, remedy: string) => Finding
  readonly fail: (check: string, found: string, remedy: string) => Finding
  /** An error that stopped a check. Ours end with the way out themselves. */
  readonly failed: (check: string, error: unknown, remedy?: string) => Finding
}

export function findingsOn(about: string): FindingsOn {
  return {
    ok: (check, found) => ({ about, check, state: 'ok', found }),
    warn: (check, found, remedy) => ({ about, check, state: 'warn', found, remedy }),
    fail: (check, found, remedy) => ({ about, check, state: 'fail', found, remedy }),
    failed: (check, error, remedy) => ({
      about,
      check,
      state: 'fail',
      found: messageOf(error),
      ...(remedy === undefined ? {} : { remedy }),
      ...(error instanceof AppError ? { code: error.code } : {}),
    }),
  }
}
