import { AppError } from '@vmkeep/kit'

/**
 * What says nothing but "not now" about a host that has worked before: it may be restarting. A TLS handshake that fails is among
 * them only then: at first it tells of versions or of somebody in between, which no new ticket cures. A host that just drops
 * the handshake is `nfc.connection-lost`, which is always tried again. Evidence: inferred.
 */
const onceOpened = ['nfc.port-unreachable', 'nfc.host-unknown', 'nfc.tls-failed', 'nfc.service-refused']

/**
 * Whether it is worth opening a new connection after `error`.
 *
 * A broken protocol is not: a host that loses count of its own frames may have sent wrong bytes in the last good-looking one,
 * and that read may have been answered already. The caller has to hear of it.
 */
export function isMendable(error: unknown, hasBeenOpen: boolean): boolean {
  if (!(error instanceof AppError)) return false
  if (error.remedy === 'retry') return error.code !== 'nfc.gave-up'
  return error.code === 'nfc.buffer-refused' || (hasBeenOpen && onceOpened.includes(error.code))
}
