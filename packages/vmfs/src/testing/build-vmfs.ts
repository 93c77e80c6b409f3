// Makes a VMFS 6 on plain files, which nothing but a host makes: for tests and the lab, as small as readers allow. It has no allocation
// bitmaps, no heartbeats and no journal: a host would not mount it. dissect.vmfs and debugvmfs6 judge it (tests/judges/vmfs.test.ts).

import { type DiskReader, isZero, whole } from '@vmkeep/disk'
import { addressing, FileMetadata, fileSignature, fileTypes } from '../file-descriptor-format.ts'
import { FsHeader, fsHeaderOffsetBytes, fsMagic, geometryOf } from '../fs-header-format.ts'
import { resourceOffsetBytes } from '../resource-format.ts'
import { rootAddress, systemAddress, systemFiles } from '../address-format.ts'
import { ResourceHeader, resourceSignature } from '../resource-format.ts'
import { parseVmfsUuid } from '../uuid.ts'
import { directoryBytes, type NewEntry } from './directory-bytes.ts'
import { type DeviceFile, writeDevices } from './lvm-bytes.ts'

export interface NewFile {
  /** `folder/name.vmdk`; folders are made as needed. */
  readonly path: string
  readonly content: DiskReader | Uint8Array
  /** Blocks of zeroes are holes (`thin`, if left out), blocks to be zeroed with other bytes in them (`lazy`), or zeroes (`eager`). */
  readonly format?: 'thin' | 'lazy' | 'eager'
  /** Lies in large blocks, 512 of the small ones each. */
  readonly inLargeBlocks?: boolean
  /** How addresses lead to blocks; as the length asks for, if left out. */
  readonly through?: 'pointer-blocks' | 'double-pointer-blocks'
}

export interface NewVolume {
  readonly label: string
  /** `68626f2d-90e23158-8a2e-bc2411b17e28` */
  readonly uuid: string
  readonly files: readonly NewFile[]
  /** Plain files to be made, one for each LUN. */
  readonly devices: readonly string[]
  /** Whether each LUN has a partition table, as a real one does. */
  readonly isPartitioned: boolean
}

const mib = 2 ** 20
const unitBytes = 4096
const clusterBlocks = 512
const subBlockBytes = 65_536
const pointersPerBlock = 8192
const addressesMax = 320

const header: Partial<FsHeader> = {
  magic: fsMagic,
  majorVersion: 24,
  minorVersion: 82,
  config: 0x4006,
  diskBlockBytes: 512,
  fileBlockBytes: mib,
  createdSeconds: 1_750_000_000,
  snapshotId: 1,
  fdcGroupOffsetBytes: 65_536,
  fdcClustersPerGroup: 8,
  subBlockBytes,
  journalSlotsMax: 0x4000,
  pb2VolumeOffsetBytes: 0,
  pb2Address: systemAddress(systemFiles.pb2),
  hostUuid: new Uint8Array(16),
  generation: 1n,
  sddVolumeOffsetBytes: 0,
  sddAddress: systemAddress(systemFiles.sdd),
  checksumType: 0,
  unmapPriority: 0,
  checksumGeneration: 0n,
  checksum: new Uint8Array(16),
  physicalBlockBytes: 512,
  metadataAlignmentBytes: unitBytes,
  smallToLargeShift: 9,
  reserved: new Uint8Array(4),
  pointerBlockShift: 16,
  smallBlockAddressBits: 44,
  zeroGranularityBytes: mib,
  journalBlockBytes: 2 * mib,
  leaseIntervalMs: 16_000,
  reclaimWindowMs: 4000,
}

const resources = (perCluster: number, resourceBytes: number): ResourceHeader => ({
  perCluster,
  clustersPerGroup: 8,
  groupsAtBytes: 65_536,
  resourceBytes,
  groupBytes: 8 * 2 * unitBytes + 8 * perCluster * resourceBytes,
  resourcesLow: 8 * perCluster,
  groups: 1,
  resourcesHigh: 0,
  signature: resourceSignature,
  version: 1,
  flags: 4,
  affinityPerCluster: perCluster,
  affinityPerResource: 1,
  bitsPerResource: 1,
  childAtBytes: 0,
  parentPerCluster: 0,
  parentClustersPerGroup: 0,
  parentGroupBytes: 0,
  unknown: undefined,
  convertedClusters: 0,
})
const descriptors = resources(256, 2 * unitBytes)
const subBlocks = resources(64, subBlockBytes)
const pointerBlocks2 = resources(32, subBlockBytes)
const smallBlocks = { ...resources(clusterBlocks, 0), flags: 42, parentPerCluster: 16, parentClustersPerGroup: 8 }
const largeBlocks = { ...resources(16, 2 * unitBytes), flags: 53, childAtBytes: unitBytes }

/** Makes the devices. Returns how large the volume is. */
export async function buildVmfs(volume: NewVolume): Promise<{ readonly capacityBytes: number }> {
  const devices: DeviceFile[] = []
  try {
    const builder = new VolumeBuilder(volume)
    await builder.build()
    const { capacityBytes } = builder
    devices.push(...(await writeDevices(volume, capacityBytes)))
    for (const { offsetBytes, bytes } of builder.pieces) await writeAt(devices, offsetBytes, bytes)
    for (const { place, run } of builder.runs) await copyRun(devices, place, run)
    return { capacityBytes }
  } finally {
    for (const { file } of devices) await file.close()
  }
}

interface CopiedRun {
  readonly content: DiskReader
  readonly offsetBytes: number
  readonly lengthBytes: number
}

interface FileParts {
  readonly number: number
  readonly type: number
  readonly mode: number
  readonly lengthBytes: number
  readonly blockBytes: number
  readonly addressing: number
  /** Addresses, or the bytes themselves. */
  readonly body: Uint8Array
  readonly blocks: number
  readonly toBeZeroed?: number
}

class VolumeBuilder {
  readonly pieces: { offsetBytes: number; bytes: Uint8Array }[] = []
  readonly runs: { place: number; run: CopiedRun }[] = []
  readonly #volume: NewVolume
  readonly #geometry = geometryOf(header as FsHeader)
  #nextBlock = 7 // the file descriptors come behind the heartbeats
  readonly #firstNumber = 44 // as on a volume that a host made
  #nextNumber = this.#firstNumber
  #nextSubBlock = 0
  #system = new Map<number, { firstBlock: number }>()

  constructor(volume: NewVolume) {
    this.#volume = volume
  }

  /** In whole extents of the volume manager, at least one for each device. */
  get capacityBytes(): number {
    const extents = Math.ceil((this.#nextBlock * mib) / 2 ** 28)
    return Math.max(extents, this.#volume.devices.length) * 2 ** 28
  }

  async build(): Promise<void> {
    this.#piece(fsHeaderOffsetBytes, this.#headerBytes())
    this.#systemFile(systemFiles.fdc, descriptors)
    this.#systemFile(systemFiles.fbb, largeBlocks, smallBlocks)
    this.#systemFile(systemFiles.pbc, { ...resources(0, subBlockBytes), groups: 0, resourcesLow: 0 })
    this.#systemFile(systemFiles.sbc, subBlocks)
    this.#systemFile(systemFiles.pb2, pointerBlocks2)
    this.#systemFile(systemFiles.jbc, { ...resources(8, 2 * mib), groups: 0, resourcesLow: 0 })
    this.#volumeHeaderFile()
    await this.#root()
  }

  #headerBytes(): Uint8Array {
    const { label, uuid } = this.#volume
    const volumeId = Buffer.alloc(32)
    volumeId.set(parseVmfsUuid(uuid)!)
    volumeId.writeUInt32LE(1, 16)
    return FsHeader.encode({ ...header, label, uuid: parseVmfsUuid(uuid)!, volumeId })
  }

  /** A resource file in one piece. Its locks and bitmaps stay empty. */
  #systemFile(number: number, main: ResourceHeader, child?: ResourceHeader): void {
    const lengthBytes = main.groupsAtBytes + main.groups * main.groupBytes
    const firstBlock = this.#take(Math.ceil(lengthBytes / mib))
    this.#system.set(number, { firstBlock })
    this.#piece(firstBlock * mib, ResourceHeader.encode(main))
    if (child !== undefined) this.#piece(firstBlock * mib + main.childAtBytes, ResourceHeader.encode(child))
    this.#systemDescriptor(number, firstBlock, lengthBytes)
  }

  #volumeHeaderFile(): void {
    this.#systemDescriptor(systemFiles.vh, 0, 7 * mib)
  }

  #systemDescriptor(number: number, firstBlock: number, lengthBytes: number): void {
    const blocks = Math.ceil(lengthBytes / mib)
    const body = addressTable(Array.from({ length: blocks }, (_, i) => blockAddress(firstBlock + i)))
    const parts = { number, type: fileTypes.system, mode: 0o600, lengthBytes, blockBytes: mib, body, blocks }
    this.#descriptor({ ...parts, addressing: addressing.fileBlocks })
  }

  async #root(): Promise<void> {
    const names = Object.entries(systemFiles).filter(([name]) => name !== 'sdd')
    const system = names.map(([name, number]) => entryOf(`.${name}.sf`, fileTypes.system, number))
    this.#folder(0, 0, [...system, this.#emptySystemFolder(), ...(await this.#contents(0, ''))])
  }

  #emptySystemFolder(): NewEntry {
    const { sdd } = systemFiles
    this.#folder(sdd, 0, [], fileTypes.system)
    return entryOf('.sdd.sf', fileTypes.system, sdd)
  }

  /** Entries of the files and folders right below `folder`, which are made with everything below them. */
  async #contents(parent: number, folder: string): Promise<NewEntry[]> {
    const inside = this.#volume.files.filter(({ path }) => path.startsWith(folder))
    const names = new Set(inside.map(({ path }) => path.slice(folder.length).split('/')[0]!))
    const entries: NewEntry[] = []
    for (const name of names) {
      const file = inside.find(({ path }) => path === folder + name)
      const number = this.#nextNumber++
      if (file !== undefined) await this.#file(number, file)
      else this.#folder(number, parent, await this.#contents(number, `${folder}${name}/`))
      entries.push(entryOf(name, file === undefined ? fileTypes.directory : fileTypes.file, number))
    }
    return entries
  }

  #folder(number: number, parent: number, entries: readonly NewEntry[], type: number = fileTypes.directory): void {
    const self = { type, address: addressOf(number) }
    const above = { type: fileTypes.directory, address: addressOf(parent) }
    const bytes = directoryBytes({ self, parent: above, entries, isRoot: number === 0, blockBytes: unitBytes })
    const mode = type === fileTypes.system ? 0o40_700 : 0o755
    const parts = { number, type, mode, lengthBytes: bytes.length }
    // The root is read before the file that holds the sub-blocks is known.
    if (number < this.#firstNumber) return this.#folderInBlocks(parts, bytes)
    const places = Array.from({ length: Math.ceil(bytes.length / subBlockBytes) }, () => this.#takeSubBlock())
    for (const [i, { offsetBytes }] of places.entries())
      this.#piece(offsetBytes, bytes.subarray(i * subBlockBytes, (i + 1) * subBlockBytes))
    const body = addressTable(places.map(({ address }) => address))
    const blocks = places.length
    this.#descriptor({ ...parts, body, blocks, blockBytes: subBlockBytes, addressing: addressing.subBlocks })
  }

  #folderInBlocks(parts: Pick<FileParts, 'number' | 'type' | 'mode' | 'lengthBytes'>, bytes: Uint8Array): void {
    const blocks = Math.ceil(bytes.length / mib)
    const first = this.#take(blocks)
    this.#piece(first * mib, bytes)
    const body = addressTable(Array.from({ length: blocks }, (_, i) => blockAddress(first + i)))
    this.#descriptor({ ...parts, body, blocks, blockBytes: mib, addressing: addressing.fileBlocks })
  }

  async #file(number: number, file: NewFile): Promise<void> {
    const { content } = file
    const parts = { number, type: fileTypes.file, mode: 0o600 }
    const lengthBytes = content instanceof Uint8Array ? content.length : content.capacityBytes
    if (content instanceof Uint8Array && content.length <= this.#geometry.inlineBytesMax)
      return this.#descriptor({
        ...parts,
        lengthBytes,
        blockBytes: subBlockBytes,
        addressing: addressing.inline,
        body: content,
        blocks: 0,
      })
    const addresses =
      file.inLargeBlocks === true ? await this.#intoLarge(file, lengthBytes) : await this.#intoSmall(file, lengthBytes)
    const toBeZeroed = addresses.filter((address) => (address & (0xffn << 7n)) !== 0n).length
    const blocks = addresses.filter((address) => address !== 0n).length
    this.#descriptor({ ...parts, lengthBytes, blockBytes: mib, blocks, toBeZeroed, ...this.#table(file, addresses) })
  }

  /** Blocks with anything in them; zeroes as the format says. */
  async #intoSmall({ content, format = 'thin' }: NewFile, lengthBytes: number): Promise<bigint[]> {
    const addresses: bigint[] = Array.from({ length: Math.ceil(lengthBytes / mib) }, () => 0n)
    const filled = new Set<number>()
    for await (const { number, run } of blocksOf(content)) {
      const block = this.#take(1)
      addresses[number] = blockAddress(block)
      this.runs.push({ place: block * mib, run })
      filled.add(number)
    }
    if (format === 'thin') return addresses
    for (const number of addresses.keys()) {
      if (filled.has(number)) continue
      const block = this.#take(1)
      if (format === 'lazy') this.#piece(block * mib, Buffer.alloc(4096, "another file's old bytes "))
      addresses[number] = blockAddress(block) | (format === 'lazy' ? 1n << 7n : 0n)
    }
    return addresses
  }

  /** A large block tells of itself at each of the small ones it takes the place of. */
  async #intoLarge({ content }: NewFile, lengthBytes: number): Promise<bigint[]> {
    const addresses: bigint[] = Array.from({ length: Math.ceil(lengthBytes / mib) }, () => 0n)
    const larges = new Map<number, number>()
    for await (const { number, run } of blocksOf(content)) {
      const index = Math.floor(number / clusterBlocks)
      if (!larges.has(index)) {
        this.#nextBlock = Math.ceil(this.#nextBlock / clusterBlocks) * clusterBlocks
        larges.set(index, this.#take(clusterBlocks) / clusterBlocks)
      }
      this.runs.push({ place: (larges.get(index)! * clusterBlocks + (number % clusterBlocks)) * mib, run })
    }
    for (const [index, large] of larges)
      for (let i = index * clusterBlocks; i < Math.min((index + 1) * clusterBlocks, addresses.length); i++)
        addresses[i] = 7n | (BigInt(large) << 15n)
    return addresses
  }

  #table({ through }: NewFile, addresses: readonly bigint[]): Pick<FileParts, 'addressing' | 'body'> {
    if (through === undefined && addresses.length <= addressesMax)
      return { addressing: addressing.fileBlocks, body: addressTable(addresses) }
    const first = this.#pointers(addresses)
    if (through !== 'double-pointer-blocks') return { addressing: addressing.pointerBlocks, body: addressTable(first) }
    return { addressing: addressing.doublePointerBlocks, body: addressTable(this.#pointers(first)) }
  }

  /** Pointer blocks lie among the sub-blocks. One that would be empty is not made. */
  #pointers(addresses: readonly bigint[]): bigint[] {
    const blocks: bigint[] = []
    for (let at = 0; at < addresses.length; at += pointersPerBlock) {
      const part = addresses.slice(at, at + pointersPerBlock)
      if (part.every((address) => address === 0n)) {
        blocks.push(0n)
        continue
      }
      const { address, offsetBytes } = this.#takeSubBlock()
      this.#piece(offsetBytes, addressTable(part))
      blocks.push(address)
    }
    return blocks
  }

  #descriptor(parts: FileParts): void {
    const { number, body, addressing: way, blockBytes, toBeZeroed = 0 } = parts
    const offsetBytes = this.#placeOf(systemFiles.fdc, descriptors, number)
    const bytes = Buffer.alloc(2 * unitBytes)
    bytes.writeUInt32LE(0x10c0_0001, 0)
    bytes.writeBigUInt64LE(BigInt(offsetBytes), 4)
    const seconds = header.createdSeconds!
    bytes.set(
      FileMetadata.encode({
        address: addressOf(number),
        generation: 1,
        links: 1,
        type: parts.type,
        flags: 0,
        lengthBytes: parts.lengthBytes,
        blockBytes,
        blocks: parts.blocks,
        modifiedSeconds: seconds,
        createdSeconds: seconds,
        accessedSeconds: seconds,
        userId: 0,
        groupId: 0,
        mode: parts.mode,
        addressing: way,
        toBeZeroedLow: toBeZeroed,
        copyOnWriteLow: 0,
        newSinceEpochLow: parts.blocks,
        toBeZeroedHigh: 0,
        copyOnWriteHigh: 0,
        pointerBlocks: 0,
        newSinceEpochHigh: 0,
        signature: fileSignature,
        affinityAddress: addressOf(number),
        zeroGranularityShift: 20,
        parentAddress: rootAddress,
        lastCluster: 0,
        affinityBitmap: 0,
        preallocated: 0,
        blockShift: Math.log2(blockBytes),
        tracked: 0,
        largeBlocks: 0,
      }),
      unitBytes,
    )
    const { inlineAtBytes, addressesAtBytes } = this.#geometry
    bytes.set(body, way === addressing.inline ? inlineAtBytes : addressesAtBytes)
    this.#piece(offsetBytes, bytes)
  }

  #placeOf(file: number, of: ResourceHeader, number: number): number {
    const place = { cluster: Math.floor(number / of.perCluster), resource: number % of.perCluster }
    return this.#system.get(file)!.firstBlock * mib + resourceOffsetBytes(of, this.#geometry, place)
  }

  #takeSubBlock(): { address: bigint; offsetBytes: number } {
    const number = this.#nextSubBlock++
    const [cluster, resource] = [Math.floor(number / subBlocks.perCluster), number % subBlocks.perCluster]
    const offsetBytes = this.#placeOf(systemFiles.sbc, subBlocks, number)
    return { address: 2n | (BigInt(cluster) << 6n) | (BigInt(resource) << 56n), offsetBytes }
  }

  #take(blocks: number): number {
    const first = this.#nextBlock
    this.#nextBlock += blocks
    return first
  }

  #piece(offsetBytes: number, bytes: Uint8Array): void {
    this.pieces.push({ offsetBytes, bytes })
  }
}

const addressOf = (number: number): number =>
  (((number % descriptors.perCluster) << 22) | (Math.floor(number / descriptors.perCluster) << 6) | 4) >>> 0

const entryOf = (name: string, type: number, number: number): NewEntry => ({ name, type, address: addressOf(number) })

const blockAddress = (block: number): bigint =>
  1n | (BigInt(Math.floor(block / clusterBlocks)) << 15n) | (BigInt(block % clusterBlocks) << 51n)

function addressTable(addresses: readonly bigint[]): Uint8Array {
  const table = Buffer.alloc(addresses.length * 8)
  for (const [i, address] of addresses.entries()) table.writeBigUInt64LE(address, i * 8)
  return table
}

/** The blocks of a content that are not all zeroes. */
async function* blocksOf(content: DiskReader | Uint8Array): AsyncIterable<{ number: number; run: CopiedRun }> {
  const disk = content instanceof Uint8Array ? new BytesDisk(content) : content
  const block = Buffer.alloc(mib)
  let next = 0
  for await (const { offsetBytes, lengthBytes } of disk.allocated(whole(disk.capacityBytes)))
    for (
      let number = Math.max(next, Math.floor(offsetBytes / mib));
      number * mib < offsetBytes + lengthBytes;
      number++
    ) {
      next = number + 1
      const run = {
        content: disk,
        offsetBytes: number * mib,
        lengthBytes: Math.min(mib, disk.capacityBytes - number * mib),
      }
      const bytes = block.subarray(0, run.lengthBytes)
      await disk.read(run.offsetBytes, bytes)
      if (!isZero(bytes)) yield { number, run }
    }
}

class BytesDisk implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes = 512
  readonly #bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.capacityBytes = bytes.length
  }
  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    target.set(this.#bytes.subarray(offsetBytes, offsetBytes + target.length))
  }
  async *allocated(within: { offsetBytes: number; lengthBytes: number }) {
    yield within
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

async function copyRun(devices: readonly DeviceFile[], place: number, run: CopiedRun): Promise<void> {
  const bytes = Buffer.alloc(run.lengthBytes)
  await run.content.read(run.offsetBytes, bytes)
  await writeAt(devices, place, bytes)
}

async function writeAt(devices: readonly DeviceFile[], offsetBytes: number, bytes: Uint8Array): Promise<void> {
  const device = devices.findLast(({ firstByte }) => firstByte <= offsetBytes)!
  await device.file.write(bytes, 0, bytes.length, device.dataAtBytes + offsetBytes - device.firstByte)
}
