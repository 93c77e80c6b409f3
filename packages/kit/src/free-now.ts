/**
 * Gives the memory of a buffer back at once. The garbage collector lets up to 64 MiB per thread pile up first (measured), which
 * would not fit the memory a run may take. Only for a buffer that has its memory to itself and that nobody will look at again.
 */
export function freeNow(...buffers: readonly (Uint8Array | undefined)[]): void {
  for (const buffer of buffers) if (buffer !== undefined && isAlone(buffer.buffer)) buffer.buffer.transfer(0)
}

/** Node cuts small buffers from pools, which are not theirs alone. */
const isAlone = (memory: ArrayBufferLike): memory is ArrayBuffer =>
  memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize
