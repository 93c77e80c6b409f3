// The devices of a volume: a partition table if asked for, the volume manager's header, and room for the data.
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import {
  LvmExtent,
  lvmExtentStrideBytes,
  LvmHeader,
  lvmHeaderOffsetBytes,
  lvmLayout,
  LvmVolume,
} from '../lvm-format.ts'
import { parseVmfsUuid } from '../uuid.ts'

const extentBytes = 2 ** 28
const dataAtBytes = 0x110_0000
const partitionAtBytes = 2048 * 512
/** Source: VMware KB 1036609, "partedUtil". Evidence: documented. */
const vmfsPartitionType = 'aa31e02a-400f-11db-9590-000c2911d1b8'

export interface DeviceFile {
  readonly file: FileHandle
  /** The first byte of the volume that lies here, and where. */
  readonly firstByte: number
  readonly dataAtBytes: number
}

export interface DevicePlan {
  readonly uuid: string
  readonly label: string
  readonly devices: readonly string[]
  readonly isPartitioned: boolean
}

/** Makes the files. Whole extents go to one device after the other, the rest to the last. The caller closes them. */
export async function writeDevices(plan: DevicePlan, capacityBytes: number): Promise<DeviceFile[]> {
  const extents = capacityBytes / extentBytes
  const each = Math.max(1, Math.floor(extents / plan.devices.length))
  const made: DeviceFile[] = []
  for (const [index, path] of plan.devices.entries()) {
    const first = index * each
    const count = index === plan.devices.length - 1 ? extents - first : each
    const startBytes = plan.isPartitioned ? partitionAtBytes : 0
    const file = await open(path, 'wx+')
    made.push({ file, firstByte: first * extentBytes, dataAtBytes: startBytes + dataAtBytes })
    const partitionBytes = dataAtBytes + count * extentBytes
    await file.truncate(startBytes + partitionBytes + (plan.isPartitioned ? 34 * 512 : 0))
    if (plan.isPartitioned) await writePartitionTable(file, partitionBytes)
    const header = headerOf(index, partitionBytes, count)
    await write(file, startBytes + lvmHeaderOffsetBytes, LvmHeader.encode(header))
    const { volumesAtBytes, firstMapAtBytes, bitmapBytes } = lvmLayout(header)
    await write(file, startBytes + volumesAtBytes, volumeBytes(plan, { capacityBytes, first, count }))
    const table = extentTable(first, count)
    await write(file, startBytes + lvmHeaderOffsetBytes + firstMapAtBytes + bitmapBytes, table)
  }
  return made
}

function headerOf(index: number, totalBytes: number, extents: number): LvmHeader {
  const deviceId = Buffer.alloc(16, index + 1)
  return {
    magic: 0xc001_d00d,
    majorVersion: 6,
    minorVersion: 21,
    diskId: Buffer.from([1, 26, ...Buffer.alloc(76)]),
    diskBlockBytes: 512,
    totalBytes,
    volumes: 1,
    extents,
    lastExtent: extents - 1,
    generation: 3n,
    dataOffsetBytes: dataAtBytes,
    deviceId,
    createdUs: 0n,
    changedUs: 0n,
    lockedBy: new Uint8Array(16),
    lockedUs: 0n,
    unknown: undefined,
    maps: 1,
    moreAtBytes: 0,
    alignmentBytes: 4096,
    extents6: extents,
    flags: 0,
  }
}

function volumeBytes(
  { uuid, devices }: DevicePlan,
  of: { capacityBytes: number; first: number; count: number },
): Uint8Array {
  return LvmVolume.encode({
    sizeBytes: of.capacityBytes,
    generation: 2n,
    state: 1,
    name: uuid,
    uuid: parseVmfsUuid(uuid)!,
    snapshotId: 1,
    createdUs: 0n,
    volumeNumber: 0,
    extents: of.count,
    firstExtent: of.first,
    lastExtent: of.first + of.count - 1,
    changedUs: 0n,
    devices: devices.length,
  })
}

function extentTable(first: number, count: number): Buffer {
  const table = Buffer.alloc(count * lvmExtentStrideBytes)
  for (let number = 0; number < count; number++)
    table.set(
      LvmExtent.encode({
        used: 1,
        number,
        volumeNumber: 0,
        deviceOffsetBytes: dataAtBytes + number * extentBytes,
        volumeOffsetBytes: (first + number) * extentBytes,
        lengthBytes: extentBytes,
        version: 1,
      }),
      number * lvmExtentStrideBytes,
    )
  return table
}

/** One partition of VMFS, as a host makes it. Without the second copy at the end. */
async function writePartitionTable(file: FileHandle, partitionBytes: number): Promise<void> {
  const [firstSector, sectors] = [partitionAtBytes / 512, partitionBytes / 512]
  const entries = Buffer.alloc(128 * 128)
  entries.set(guidBytes(vmfsPartitionType), 0)
  entries.set(Buffer.alloc(16, 0x5a), 16)
  entries.writeBigUInt64LE(BigInt(firstSector), 32)
  entries.writeBigUInt64LE(BigInt(firstSector + sectors - 1), 40)
  const header = Buffer.alloc(92)
  header.write('EFI PART', 'latin1')
  for (const [value, at] of [
    [0x1_0000, 8],
    [92, 12],
    [128, 80],
    [128, 84],
    [crc32(entries), 88],
  ] as const)
    header.writeUInt32LE(value, at)
  for (const [value, at] of [
    [1, 24],
    [firstSector + sectors + 33, 32],
    [34, 40],
    [firstSector + sectors - 1, 48],
    [2, 72],
  ] as const)
    header.writeBigUInt64LE(BigInt(value), at)
  header.writeUInt32LE(crc32(header), 16)
  const protective = Buffer.alloc(512)
  protective.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 446)
  protective.set([0x55, 0xaa], 510)
  await write(file, 0, protective)
  await write(file, 512, header)
  await write(file, 1024, entries)
}

function guidBytes(text: string): Buffer {
  const [a, b, c, d, e] = text.split('-') as [string, string, string, string, string]
  const reversed = (hex: string) => Buffer.from(hex, 'hex').reverse()
  return Buffer.concat([reversed(a), reversed(b), reversed(c), Buffer.from(d + e, 'hex')])
}

const write = (file: FileHandle, at: number, bytes: Uint8Array) => file.write(bytes, 0, bytes.length, at)
