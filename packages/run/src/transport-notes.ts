import { hasCode, messageOf } from '@vmkeep/kit'
import type { OnRunEvent } from './events.ts'

/** What opening a VM's disk reports to. */
export interface TransportNotes {
  readonly onReconnect: (cause: unknown) => void
  readonly onReconnected: () => void
  readonly onFallback: (fallback: { readonly from: string; readonly to: string; readonly cause: unknown }) => void
}

/**
 * Tells of a disk's way that a connection was mended, or that the next transport goes on. Of a host that is full it tells when waiting for
 * it begins and when that ends, not of each try between.
 */
export function transportNotes(
  onEvent: OnRunEvent,
  about: { readonly vm: string; readonly disk: string },
): TransportNotes {
  const note = { type: 'note', ...about } as const
  const warn = { ...note, level: 'warn' } as const
  let isWaiting = false
  return {
    onReconnect(cause) {
      const isBusy = hasCode(cause, 'nfc.host-busy')
      if (!isBusy) onEvent({ ...warn, message: `reconnected: ${messageOf(cause)}` })
      else if (!isWaiting) onEvent({ ...warn, message: `waiting: ${messageOf(cause)}`, code: 'host-busy' })
      isWaiting ||= isBusy
    },
    onReconnected() {
      if (isWaiting)
        onEvent({ ...note, level: 'info', message: 'the host has a place again: it goes on', code: 'host-free' })
      isWaiting = false
    },
    onFallback({ from, to, cause }) {
      isWaiting = false
      onEvent({ ...warn, message: `${from} failed, ${to} goes on: ${messageOf(cause)}`, code: 'transport-fallback' })
    },
  }
}
