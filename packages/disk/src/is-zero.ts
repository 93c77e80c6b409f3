const zeroes = Buffer.alloc(1024 * 1024)

/** Whether all of `bytes` are zero. A memcmp: above 10 GiB/s, so always worth asking. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeroes.length) {
    const run = bytes.subarray(at, at + zeroes.length)
    if (zeroes.compare(run, 0, run.length, 0, run.length) !== 0) return false
  }
  return true
}
