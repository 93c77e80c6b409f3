// SkipZ: compression that leaves out zeroes.
//
//   uint32 totalBytes, uint32 0, then for each run that is not zero: uint32 offset, uint32 length, bytes
//
// Runs ascend and need no alignment; a fragment of zeroes is the 8-byte header alone.
// Source: cloudbase/OpenVixDiskLib docs, 2026. Evidence: observed there on ESXi 8.0.
import { FormatError } from '@vmkeep/kit'

const headerBytes = 8
const runHeaderBytes = 8
/** Zeroes are looked for in steps of this size: finer steps find little more and cost a run header each. */
const stepBytes = 512
const zeroes = Buffer.alloc(stepBytes)

/** `plain` without its zeroes, or `undefined` if that would not be smaller. The result is a copy. */
export function encodeSkipZ(plain: Uint8Array): Uint8Array | undefined {
  const runs = nonZeroRuns(plain)
  const sizeBytes = runs.reduce((sum, [start, end]) => sum + runHeaderBytes + end - start, headerBytes)
  if (sizeBytes >= plain.length) return undefined
  const packed = Buffer.allocUnsafe(sizeBytes)
  let at = packed.writeUInt32LE(0, packed.writeUInt32LE(plain.length, 0))
  for (const [start, end] of runs) {
    at = packed.writeUInt32LE(end - start, packed.writeUInt32LE(start, at))
    packed.set(plain.subarray(start, end), at)
    at += end - start
  }
  return packed
}

/**
 * Fills all of `target` from `packed`. Never writes outside `target`, whatever `packed` says.
 *
 * @throws FormatError if `packed` is of another length than `target`, is cut short, or its runs overlap or leave it
 */
export function decodeSkipZ(packed: Uint8Array, target: Uint8Array): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  if (packed.length < headerBytes) throw new FormatError(`SkipZ: ${packed.length} of ${headerBytes} header bytes`)
  const totalBytes = view.getUint32(0, true)
  if (totalBytes !== target.length) throw new FormatError(`SkipZ: for ${totalBytes} bytes, expected ${target.length}`)
  let filled = 0
  for (let at = headerBytes; at < packed.length;) {
    if (packed.length - at < runHeaderBytes) throw new FormatError(`SkipZ: a run header at byte ${at} is cut short`)
    const offset = view.getUint32(at, true)
    const length = view.getUint32(at + 4, true)
    at += runHeaderBytes
    if (offset < filled || length > target.length - offset)
      throw new FormatError(`SkipZ: run ${offset}+${length} after byte ${filled} of ${target.length}`)
    if (length > packed.length - at)
      throw new FormatError(`SkipZ: a run of ${length} bytes has ${packed.length - at} left`)
    target.fill(0, filled, offset)
    target.set(packed.subarray(at, at + length), offset)
    filled = offset + length
    at += length
  }
  target.fill(0, filled)
}

function nonZeroRuns(plain: Uint8Array): [start: number, end: number][] {
  const runs: [number, number][] = []
  for (let start = 0; start < plain.length; start += stepBytes) {
    const end = Math.min(start + stepBytes, plain.length)
    if (zeroes.compare(plain, start, end, 0, end - start) === 0) continue
    const last = runs.at(-1)
    if (last !== undefined && last[1] === start) last[1] = end
    else runs.push([start, end])
  }
  return runs
}
