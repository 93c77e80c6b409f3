// AIO IO: reads and writes. The same 44 bytes mean one thing in a read request and another everywhere else.
//
//   read   C: one ReadRequest of any length          S: n IoFragment + data, same opId, possibly out of order
//   write  C: n IoFragment + data, same opId         S: one IoFragment without data, after the last
//
// Source: cloudbase/OpenVixDiskLib docs, nfc_read and nfc_write. Evidence: observed there on ESXi 8.0.
import { type Decoded, ignored, size64le, struct, u32le, u64le } from '@vmkeep/kit'
import { aioMagic, aioType } from './aio-header.ts'

export const ioDirection = { write: 0, read: 1 } as const

/** Per fragment: a server asked for one kind answers that kind or `none`. */
export const compressionKind = { none: 0, zlib: 1, fastlz: 2, skipz: 3 } as const
export type CompressionName = keyof typeof compressionKind

/** C → S. The length stands three times. */
export const ReadRequest = struct('nfc.IO read request', 44, {
  handle: u64le,
  direction: u32le,
  compression: u32le,
  offsetBytes: size64le, // on the disk
  lengthBytes: size64le,
  lengthBytesAgain: u32le,
  lengthBytesOnceMore: u32le,
  zero: ignored(4),
})
export type ReadRequest = Decoded<typeof ReadRequest>

/** S → C of a read, C → S of a write, and (with no data behind it) the acknowledgement of a write. */
export const IoFragment = struct('nfc.IO fragment', 44, {
  handle: u64le, // zero in what the server sends
  direction: u32le,
  compression: u32le, // of this fragment
  offsetBytes: size64le, // of the whole request, on the disk
  totalBytes: u32le, // of the whole request
  fragmentOffsetBytes: u32le, // within the request
  fragmentBytes: u32le, // uncompressed
  wireBytes: u32le, // of the extra
  zero: ignored(4),
})
export type IoFragment = Decoded<typeof IoFragment>

/** Header and payload of an IO frame. */
export const ioFrameBytes = 60

/** A fragment's fields, to be filled again and again: the hot path makes no object per fragment. */
export type MutableFragment = { -readonly [K in Exclude<keyof IoFragment, 'zero' | 'handle'>]: number }

/** Decodes the 44 bytes at `at` into `into`. Equal to {@link IoFragment} but for the handle; the caller has checked the length. */
export function decodeFragment(view: DataView, at: number, into: MutableFragment): void {
  into.direction = view.getUint32(at + 8, true)
  into.compression = view.getUint32(at + 12, true)
  into.offsetBytes = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 2 ** 32
  into.totalBytes = view.getUint32(at + 24, true)
  into.fragmentOffsetBytes = view.getUint32(at + 28, true)
  into.fragmentBytes = view.getUint32(at + 32, true)
  into.wireBytes = view.getUint32(at + 36, true)
}

/** A whole frame, header and payload, without its data. Equal to {@link AioHeader} and {@link IoFragment} encoded. */
export function encodeFragmentFrame(opId: number, handle: bigint, fragment: Readonly<MutableFragment>): Uint8Array {
  const frame = new Uint8Array(ioFrameBytes)
  const view = new DataView(frame.buffer)
  view.setUint32(0, aioMagic, true)
  view.setUint32(4, aioType.IO, true)
  view.setUint32(8, IoFragment.sizeBytes, true)
  view.setUint32(12, opId, true)
  view.setBigUint64(16, handle, true)
  view.setUint32(24, fragment.direction, true)
  view.setUint32(28, fragment.compression, true)
  view.setUint32(32, fragment.offsetBytes, true)
  view.setUint32(36, Math.floor(fragment.offsetBytes / 2 ** 32), true)
  view.setUint32(40, fragment.totalBytes, true)
  view.setUint32(44, fragment.fragmentOffsetBytes, true)
  view.setUint32(48, fragment.fragmentBytes, true)
  view.setUint32(52, fragment.wireBytes, true)
  return frame
}
