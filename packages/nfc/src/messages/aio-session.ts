// AIO messages about the session. Order after AIO_SESSION_OPEN: OPEN_SESSION, SET_SOCK_OPTS, SET_RES_POOL, then a file.
// Source: cloudbase/OpenVixDiskLib docs, nfc_open. Evidence: observed there on ESXi 8.0.
import { type Decoded, ignored, struct, u32le } from '@vmkeep/kit'

/** What the vendor's client asks for by default. */
export const defaultBuffers = { bufferBytes: 65_536, bufferCount: 4 } as const

/** C → S. `bufferBytes` is then the most a read fragment holds. ESXi 8 takes up to 2 MiB and refuses 16 MiB with ERROR. */
export const OpenSession = struct('nfc.OPEN_SESSION', 16, {
  zero: ignored(4),
  bufferBytes: u32le,
  bufferCount: u32le,
  rest: ignored(4),
})
export type OpenSession = Decoded<typeof OpenSession>

/** S → C: zeros. */
export const OpenSessionReply = struct('nfc.OPEN_SESSION reply', 16, { zeros: ignored(16) })

/** C → S: zeros, which ask for nothing and so get the sizes in use. */
export const SetSockOpts = struct('nfc.SET_SOCK_OPTS', 12, { zeros: ignored(12) })

/** S → C: the socket's buffer sizes; 1675000, 1675000 and 1 in one lab. */
export const SetSockOptsReply = struct('nfc.SET_SOCK_OPTS reply', 12, {
  sendBytes: u32le,
  receiveBytes: u32le,
  flag: u32le,
})
export type SetSockOptsReply = Decoded<typeof SetSockOptsReply>

/** C → S: 1. The reply has the same size; its content is unknown. */
export const SetResPool = struct('nfc.SET_RES_POOL', 4, { pool: u32le })
export type SetResPool = Decoded<typeof SetResPool>

/** C → S: 0. The reply has the same size; its content is unknown. */
export const CloseSession = struct('nfc.CLOSE_SESSION', 4, { zero: ignored(4) })
