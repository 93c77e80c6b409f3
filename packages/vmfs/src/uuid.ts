/** `68626f2d-90e23158-8a2e-bc2411b17e28`, as vSphere writes the identity of a volume: two words and a half word, each little endian, and six bytes. */
export function formatVmfsUuid(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  const word = (at: number) => view.getUint32(at, true).toString(16).padStart(8, '0')
  const half = view.getUint16(8, true).toString(16).padStart(4, '0')
  return `${word(0)}-${word(4)}-${half}-${Buffer.from(bytes.subarray(10, 16)).toString('hex')}`
}

/** The other way. `undefined` if the text is no such identity. */
export function parseVmfsUuid(text: string): Uint8Array | undefined {
  const parts = /^([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{12})$/i.exec(text)
  if (parts === null) return undefined
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(Number.parseInt(parts[1]!, 16), 0)
  bytes.writeUInt32LE(Number.parseInt(parts[2]!, 16), 4)
  bytes.writeUInt16LE(Number.parseInt(parts[3]!, 16), 8)
  bytes.set(Buffer.from(parts[4]!, 'hex'), 10)
  return bytes
}
