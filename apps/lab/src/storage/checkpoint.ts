import { createHash } from 'node:crypto'

/** What a .vmsn or .vmss says: how a VM was configured at an instant and, with memory, which bytes that memory belongs to. */
export interface Checkpoint {
  readonly power: 'on' | 'off' | 'suspended'
  /** The text of the .vmx at that instant. */
  readonly config: string
  /** Of the .vmem beside it. */
  readonly memory?: { readonly sizeBytes: number; readonly digest: string }
  /** The disks that memory belongs to, by what they held: a copy of them elsewhere is as good. Empty without memory. */
  readonly disks: readonly CheckpointDisk[]
}

export interface CheckpointDisk {
  /** `scsi0:0` */
  readonly node: string
  readonly digest: string
}

/** Source: Volatility 3, layers/vmware.py: the first of the numbers a .vmsn may begin with. Evidence: observed. */
const magic = 0xbed2bed2
const headerSizeBytes = 40

/**
 * The file of a checkpoint: magic, length, SHA-256, JSON.
 *
 * A real one is a table of groups and tags that only VMware's programs write; nobody but the lab reads this one. That a real
 * host notices a .vmsn that is cut short or changed is inferred.
 */
export function checkpointBytes(checkpoint: Checkpoint): Buffer {
  const payload = Buffer.from(JSON.stringify(checkpoint))
  const header = Buffer.alloc(8)
  header.writeUInt32LE(magic, 0)
  header.writeUInt32LE(payload.length, 4)
  return Buffer.concat([header, digestOf(payload), payload])
}

/** `undefined` if it is no checkpoint, or not all of one. */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < headerSizeBytes || file.readUInt32LE(0) !== magic) return undefined
  const payload = file.subarray(headerSizeBytes)
  const isWhole = payload.length === file.readUInt32LE(4) && digestOf(payload).equals(file.subarray(8, headerSizeBytes))
  return isWhole ? (JSON.parse(payload.toString()) as Checkpoint) : undefined
}

/** The memory of `vm-Snapshot1.vmsn` is in `vm-Snapshot1.vmem`. Source: folders of ESXi VMs. Evidence: observed. */
export const memoryFileNameOf = (fileName: string): string => fileName.replace(/\.vms[ns]$/, '.vmem')

const digestOf = (payload: Uint8Array) => createHash('sha256').update(payload).digest()
