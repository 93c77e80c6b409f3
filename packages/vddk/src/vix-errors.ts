import type { AppError } from '@vmkeep/kit'
import { fail } from './errors.ts'

/**
 * What the library's numbers mean for the one who must mend it. Not named here: `vddk.refused`, with number and text.
 *
 * Source: VMware's VIX error codes as public clients list them; field reports for what they come from (vadp.md §5.1, §5.6).
 * Evidence: documented (numbers), observed by others (causes); 16392, inferred from messages of vmkfstools.
 */
const meanings = {
  1: 'vddk.unknown-error',
  2: 'vddk.out-of-memory',
  4: 'vddk.not-found',
  5: 'vddk.locked',
  6: 'vddk.not-supported',
  8: 'vddk.disk-full',
  11: 'vddk.read-only',
  13: 'vddk.access-refused',
  15: 'vddk.locked',
  26: 'vddk.port-unreachable',
  32: 'vddk.no-license',
  34: 'vddk.privilege-missing',
  35: 'vddk.connection-lost',
  3007: 'vddk.vm-running',
  3014: 'vddk.privilege-missing',
  4000: 'vddk.not-found',
  13003: 'vddk.not-found',
  13006: 'vddk.privilege-missing',
  13010: 'vddk.locked',
  14007: 'vddk.port-unreachable',
  14008: 'vddk.host-unknown',
  14009: 'vddk.port-unreachable',
  14010: 'vddk.connection-lost',
  14011: 'vddk.connection-lost',
  16013: 'vddk.not-supported',
  16014: 'vddk.encrypted',
  16017: 'vddk.encrypted',
  16054: 'vddk.connection-lost',
  16064: 'vddk.no-license',
  16392: 'vddk.locked',
  18000: 'vddk.port-unreachable',
} as const

/** The error for what the library answered. @param vix its number: the lowest 16 bits, the rest is not for us */
export function errorOfVix(vix: number, text: string, during: string): AppError {
  const code = Object.hasOwn(meanings, vix) ? meanings[vix as keyof typeof meanings] : 'vddk.refused'
  return fail(code, { vix, text, during })
}
