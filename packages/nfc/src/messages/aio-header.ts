// AIO frames: a 16-byte header, a payload of `size` bytes, and for some types "extra" bytes that `size` does not count.
// Source: cloudbase/OpenVixDiskLib docs, nfc_open. Evidence: observed there on ESXi 8.0.
import { type Decoded, exactly, struct, u32le } from '@vmkeep/kit'

export const aioMagic = 0xa100da7a

export const aioType = {
  ERROR: 1,
  OPEN_SESSION: 2,
  CLOSE_SESSION: 3,
  OPEN_FILE: 4,
  CLOSE_FILE: 5,
  IO: 7,
  SET_SOCK_OPTS: 9,
  DDB_GET: 11,
  QUERY_ALLOCATED_BLOCKS: 13,
  SET_RES_POOL: 22,
} as const
export type AioTypeName = keyof typeof aioType

/** Both ways. A reply repeats type and opId; a client's opIds start at 0 and rise by one per message. */
export const AioHeader = struct('nfc.aio-header', 16, {
  magic: exactly(u32le, aioMagic),
  type: u32le,
  size: u32le, // of the payload alone, without extra
  opId: u32le,
})
export type AioHeader = Decoded<typeof AioHeader>

const names = new Map<number, AioTypeName>(
  Object.entries(aioType).map(([name, type]) => [type, name as AioTypeName] as const),
)

/** The specification's name of an AIO type, or `undefined` if it has none. */
export const aioTypeName = (type: number): AioTypeName | undefined => names.get(type)
