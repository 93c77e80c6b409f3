/**
 * The names in a zip file, or `undefined` if these bytes are none that we can read.
 *
 * Source: PKWARE APPNOTE 6.3, §4.3.12 and §4.3.16. Evidence: documented.
 */
function namesInZip(bytes: Buffer): string[] | undefined {
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006'))
  if (end < 0 || end + 22 > bytes.length) return undefined
  const count = bytes.readUInt16LE(end + 10)
  const names: string[] = []
  let at = bytes.readUInt32LE(end + 16)
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== 0x02_01_4b_50) return undefined
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field))
    const next = at + 46 + nameLength! + extraLength! + commentLength!
    if (next > end) return undefined
    names.push(bytes.toString('utf8', at + 46, at + 46 + nameLength!))
    at = next
  }
  return names
}

/**
 * Whether the writers of applications took part in a VSS snapshot: its manifest then holds a document of each writer beside the
 * backup components document, and else that one alone. `undefined` if it can't be read.
 *
 * Source: Virtual Disk Programming Guide, "Application-Consistent Backup and Restore". Evidence: documented; that documents are
 * files of the zip, one each, inferred.
 */
export function tellsOfWriters(manifest: Buffer): boolean | undefined {
  const documents = namesInZip(manifest)?.filter((name) => !name.endsWith('/'))
  if (documents === undefined || documents.length === 0) return undefined
  return documents.length > 1
}
