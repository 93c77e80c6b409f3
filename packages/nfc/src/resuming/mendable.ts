import { AppError } from '@vmkeep/kit'

/** What says nothing but "not now" about a host that has worked before: it may be restarting. */
const onceOpened = ['nfc.port-unreachable', 'nfc.host-unknown', 'nfc.service-refused']

/**
 * What a new connection may cure though none has worked yet. A handshake that breaks off was seen now and then where two follow
 * each other on one connection; a wrong certificate has a code of its own and is final. Evidence: observed (against the lab).
 */
const byReconnecting = ['nfc.buffer-refused', 'nfc.tls-failed']

/**
 * Whether it is worth opening a new connection after `error`.
 *
 * A broken protocol is not: a host that loses count of its own frames may have sent wrong bytes in the last good-looking one,
 * and that read may have been answered already. The caller has to hear of it.
 */
export function isMendable(error: unknown, hasBeenOpen: boolean): boolean {
  if (!(error instanceof AppError)) return false
  if (error.remedy === 'retry') return error.code !== 'nfc.gave-up'
  return byReconnecting.includes(error.code) || (hasBeenOpen && onceOpened.includes(error.code))
}
