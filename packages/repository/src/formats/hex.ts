export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

/** The bytes of lower-case hex, or `undefined` if `text` is anything else, or not `sizeBytes` long. */
export function fromHex(text: string, sizeBytes: number): Uint8Array | undefined {
  if (text.length !== 2 * sizeBytes || !/^[0-9a-f]*$/.test(text)) return undefined
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0
