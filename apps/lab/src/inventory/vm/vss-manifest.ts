import { crc32 } from 'node:zlib'

/**
 * What VMware Tools leave of a VSS snapshot: a zip of the backup components document and, only where the writers of applications
 * took part, a document of each writer.
 * Source: Virtual Disk Programming Guide, "Application-Consistent Backup and Restore". Evidence: documented; the names inside, inferred.
 */
export function vssManifest(writers: readonly string[]): Buffer {
  const documents = [
    { name: 'backup.xml', text: '<BACKUP_COMPONENTS version="1.1" backupType="copy"/>' },
    ...writers.map((writer, index) => ({ name: `writer${index}.xml`, text: `<WRITER_METADATA name="${writer}"/>` })),
  ]
  return zip(documents.map(({ name, text }) => ({ name: Buffer.from(name), bytes: Buffer.from(text) })))
}

interface Entry {
  readonly name: Buffer
  readonly bytes: Buffer
}

/** A zip whose entries are stored as they are. Source: PKWARE APPNOTE 6.3, §4.3. Evidence: documented. */
function zip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const local = Buffer.concat([header(0x04_03_4b_50, entry), entry.name, entry.bytes])
    central.push(Buffer.concat([centralHeader(entry, offset), entry.name]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06_05_4b_50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

function header(signature: number, { name, bytes }: Entry): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(signature, 0)
  header.writeUInt16LE(20, 4) // version 2.0 to extract
  header.writeUInt16LE(0x21, 12) // 1 January 1980
  header.writeUInt32LE(crc32(bytes), 14)
  header.writeUInt32LE(bytes.length, 18)
  header.writeUInt32LE(bytes.length, 22)
  header.writeUInt16LE(name.length, 26)
  return header
}

function centralHeader(entry: Entry, offset: number): Buffer {
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02_01_4b_50, 0)
  central.writeUInt16LE(20, 4)
  header(0, entry).copy(central, 6, 4, 28) // the same fields, two bytes further on
  central.writeUInt32LE(offset, 42)
  return central
}
