import { AppError } from '@vmkeep/kit'

/** What a new ticket and a new connection may cure, though asking the same again of somebody else would not. */
const byReconnecting = ['nfc.buffer-refused', 'nfc.protocol-violation']

/** What says nothing but "not now" about a host that has worked before: it may be restarting. */
const onceOpened = ['nfc.port-unreachable', 'nfc.host-unknown', 'nfc.tls-failed', 'nfc.service-refused']

/** Whether it is worth opening a new connection after `error`. */
export function isMendable(error: unknown, hasBeenOpen: boolean): boolean {
  if (!(error instanceof AppError)) return false
  if (error.remedy === 'retry') return error.code !== 'nfc.gave-up'
  return byReconnecting.includes(error.code) || (hasBeenOpen && onceOpened.includes(error.code))
}
