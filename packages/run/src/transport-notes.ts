import { hasCode, messageOf } from '@vmkeep/kit'
import type { OnRunEvent } from './events.ts'

/** What opening a VM's disk reports to. */
export interface TransportNotes {
  readonly onReconnect: (cause: unknown) => void
  readonly onFallback: (fallback: { readonly from: string; readonly to: string; readonly cause: unknown }) => void
}

/** Tells of a disk's way that a connection was mended, or that the next transport goes on. */
export function transportNotes(
  onEvent: OnRunEvent,
  about: { readonly vm: string; readonly disk: string },
): TransportNotes {
  const warn = { type: 'note', level: 'warn', ...about } as const
  return {
    onReconnect: (cause) =>
      onEvent(
        hasCode(cause, 'nfc.host-busy')
          ? { ...warn, message: `waiting: ${messageOf(cause)}`, code: 'host-busy' }
          : { ...warn, message: `reconnected: ${messageOf(cause)}` },
      ),
    onFallback: ({ from, to, cause }) =>
      onEvent({ ...warn, message: `${from} failed, ${to} goes on: ${messageOf(cause)}`, code: 'transport-fallback' }),
  }
}
