import type { Clock, Random } from '@vmkeep/kit'
import { doAt } from '../storage/faults.ts'
import type { Faults } from '../storage/model.ts'
import type { NfcAction } from './model.ts'

/** What a rule leaves to the place it struck: `wait` is done when it returns. */
export type Strike =
  | { readonly do: 'disconnect' | 'truncate' | 'garbage' | 'stall' | 'dead-ticket' }
  | { readonly do: 'error'; readonly code: number }

/** Asks the rules what happens here; delays are over when it answers. */
export async function strikeAt(
  { faults, clock, signal }: { readonly faults: Faults; readonly clock: Clock; readonly signal: AbortSignal },
  on: string,
  object = '',
): Promise<Strike | undefined> {
  const action = doAt<NfcAction>(faults, on, object)
  if (action?.do !== 'delay') return action
  await clock.sleep(action.ms, signal)
  return undefined
}

/** Bytes that are no frame of anything. */
export const garbage = (random: Random): Uint8Array => random.bytes(64).map((byte) => byte | 0x80)
