import type { DiskReader } from '@vmkeep/disk'
import { AsyncCache, FormatError } from '@vmkeep/kit'
import {
  descriptorPlace,
  type ResourceKind,
  rootAddress,
  systemAddress,
  systemFiles,
  type Target,
} from './address-format.ts'
import { BlockMap, type Resources } from './block-map.ts'
import { type DirectoryEntry, readDirectory } from './directory.ts'
import { fail } from './errors.ts'
import { addressing, decodeFileDescriptor, type FileDescriptor, fileTypes } from './file-descriptor-format.ts'
import { VmfsFile } from './file.ts'
import { FsHeader, fsHeaderOffsetBytes, fsMagic, fsMagicLocal, type Geometry, geometryOf } from './fs-header-format.ts'
import { LogicalVolume } from './logical-volume.ts'
import { explained, readBytes, readRecord } from './read-at.ts'
import { ResourceFile, resourcePlace } from './resource-file.ts'
import { checkResourceHeader, ResourceHeader } from './resource-format.ts'
import { formatVmfsUuid } from './uuid.ts'

/** Pointer blocks kept: 64 of 64 KiB tell of 512 GiB. */
const pointerBlocksMax = 64

/** A partition that a volume lies on. */
export interface VolumeDevice {
  readonly disk: DiskReader
  /** What errors call it. */
  readonly name: string
}

/** A file or folder, and how its name led to it; the root has none. */
interface Found {
  readonly descriptor: FileDescriptor
  readonly descriptorAtBytes: number
  readonly entry: DirectoryEntry | undefined
}

/**
 * A VMFS, read. Never written: nothing here can.
 *
 * Hosts write to it meanwhile, and nothing here locks: what a file says is true of the moment it was asked. Whoever reads a file that
 * should not change asks {@link VmfsFile.changed} after reading.
 */
export class VmfsVolume implements AsyncDisposable, Resources {
  readonly uuid: string
  readonly label: string
  readonly geometry: Geometry
  readonly capacityBytes: number
  readonly name: string
  readonly #bytes: DiskReader
  readonly #pointerBlocks = new AsyncCache<number, Uint8Array>(pointerBlocksMax)
  readonly #resourceFiles = new Map<ResourceKind | 'file-descriptor', ResourceFile>()

  /**
   * Opens the volume that lies on these partitions, in any order. Takes them over, and closes them if that fails.
   *
   * @throws `vmfs.device-missing`, `vmfs.unsupported`, `vmfs.damaged`
   */
  static async open(devices: readonly VolumeDevice[]): Promise<VmfsVolume> {
    try {
      const bytes = await LogicalVolume.open(devices)
      const header = await explained(bytes.name, () => readRecord(bytes, fsHeaderOffsetBytes, FsHeader))
      checkKind(header, bytes.name)
      const volume = await explained(bytes.name, async () => new VmfsVolume(bytes, header, geometryOf(header)))
      await explained(bytes.name, () => volume.#openSystemFiles())
      return volume
    } catch (error) {
      for (const { disk } of devices) await disk[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(bytes: LogicalVolume, header: FsHeader, geometry: Geometry) {
    this.#bytes = bytes
    this.name = header.label || bytes.name
    this.capacityBytes = bytes.capacityBytes
    this.geometry = geometry
    this.uuid = formatVmfsUuid(header.uuid)
    this.label = header.label
  }

  /** `6.82` */
  get version(): string {
    return this.geometry.version
  }

  /** The entries of a folder, but for `.` and `..`. @throws `vmfs.not-found`, `vmfs.damaged` */
  async list(path: string): Promise<DirectoryEntry[]> {
    return explained(`${this.name}:/${path}`, async () => {
      const { descriptor } = await this.#find(path)
      const entries: DirectoryEntry[] = []
      for await (const entry of this.#entries(descriptor)) entries.push(entry)
      return entries
    })
  }

  /** @throws `vmfs.not-found`, `vmfs.unsupported` for what is no plain file, `vmfs.damaged` */
  async openFile(path: string): Promise<VmfsFile> {
    const place = `${this.name}:/${path}`
    return explained(place, async () => {
      const { descriptor, descriptorAtBytes, entry } = await this.#find(path)
      if (descriptor.type === fileTypes.rdm) throw fail('vmfs.unsupported', { place, fact: 'is a raw device mapping' })
      if (descriptor.type !== fileTypes.file && descriptor.type !== fileTypes.system)
        throw fail('vmfs.unsupported', { place, fact: 'is no plain file' })
      const map = descriptor.addressing === addressing.inline ? undefined : new BlockMap(descriptor, this)
      const entryBytes = entry && { atBytes: entry.volumeOffsetBytes, expected: entry.bytes }
      return new VmfsFile(place, {
        bytes: this.#bytes,
        geometry: this.geometry,
        descriptor,
        descriptorAtBytes,
        map,
        entryBytes,
      })
    })
  }

  async pointers(target: Target): Promise<Uint8Array> {
    const { pointersPerBlock, addressBytes } = this.geometry
    const placeBytes =
      target.kind === 'block' && !target.isZero ? target.volumeOffsetBytes : (await this.#resource(target)).placeBytes
    return this.#pointerBlocks.get(placeBytes, () =>
      readBytes(this.#bytes, placeBytes, pointersPerBlock * addressBytes),
    )
  }

  async subBlock(target: Target): Promise<{ volumeOffsetBytes: number; blockBytes: number }> {
    if (target.kind !== 'sub-block') throw new FormatError(`a ${target.kind} where a file's bytes should be`)
    const { placeBytes, resourceBytes } = await this.#resource(target)
    return { volumeOffsetBytes: placeBytes, blockBytes: resourceBytes }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bytes[Symbol.asyncDispose]()
  }

  async #resource(target: Target): Promise<{ placeBytes: number; resourceBytes: number }> {
    const place = resourcePlace(target)
    const file = place && this.#resourceFiles.get(place.kind)
    if (place === undefined || file === undefined) throw new FormatError(`a ${target.kind} where a resource should be`)
    return { placeBytes: await file.placeOf(place), resourceBytes: file.resourceBytes }
  }

  /** In this order: `.sbc.sf` of a large volume is found through `.pb2.sf`. */
  async #openSystemFiles(): Promise<void> {
    const { pb2, fdc, pbc, sbc } = systemFiles
    await this.#openSystemFile('pointer-block-2', pb2)
    await this.#openSystemFile('file-descriptor', fdc)
    await this.#openSystemFile('pointer-block', pbc)
    await this.#openSystemFile('sub-block', sbc)
  }

  async #openSystemFile(kind: ResourceKind | 'file-descriptor', number: number): Promise<void> {
    const { systemDescriptorsAtBytes, descriptorBytes, pb2DescriptorAtBytes } = this.geometry
    const usualAtBytes = systemDescriptorsAtBytes + number * descriptorBytes
    const atBytes = kind === 'pointer-block-2' ? (pb2DescriptorAtBytes ?? usualAtBytes) : usualAtBytes
    const bytes = await readBytes(this.#bytes, atBytes, descriptorBytes)
    const descriptor = decodeFileDescriptor(bytes, systemAddress(number), this.geometry)
    if (descriptor.type !== fileTypes.system)
      throw new FormatError(`system file ${number} is of type ${descriptor.type}`)
    const map = new BlockMap(descriptor, this)
    const record = await this.#mapped(map, 0, ResourceHeader.sizeBytes)
    const header = checkResourceHeader(ResourceHeader.decode(record.bytes), this.geometry)
    this.#resourceFiles.set(kind, new ResourceFile(header, map, this.geometry))
  }

  /** A few bytes of a file that must lie in one piece, and where. */
  async #mapped(
    map: BlockMap,
    offsetBytes: number,
    sizeBytes: number,
  ): Promise<{ bytes: Uint8Array; atBytes: number }> {
    for await (const { place, extent } of map.runs({ offsetBytes, lengthBytes: sizeBytes }))
      if (place !== 'zeroes' && extent.lengthBytes === sizeBytes)
        return { bytes: await readBytes(this.#bytes, place, sizeBytes), atBytes: place }
    throw new FormatError(`${sizeBytes} bytes at ${offsetBytes} of a file are not in one piece`)
  }

  async #descriptor(address: number): Promise<{ descriptor: FileDescriptor; descriptorAtBytes: number }> {
    const descriptorAtBytes = await this.#resourceFiles.get('file-descriptor')!.placeOf(descriptorPlace(address))
    const bytes = await readBytes(this.#bytes, descriptorAtBytes, this.geometry.descriptorBytes)
    return { descriptor: decodeFileDescriptor(bytes, address, this.geometry), descriptorAtBytes }
  }

  async #find(path: string): Promise<Found> {
    let found: Found = { ...(await this.#descriptor(rootAddress)), entry: undefined }
    for (const name of path.split('/').filter((part) => part !== ''))
      found = await this.#findIn(found.descriptor, name, path)
    return found
  }

  async #findIn(folder: FileDescriptor, name: string, path: string): Promise<Found> {
    for await (const entry of this.#entries(folder))
      if (entry.name === name) {
        const found = await this.#descriptor(entry.address)
        if (found.descriptor.generation !== entry.generation)
          throw new FormatError(`${name} was replaced: its entry is of generation ${entry.generation}`)
        return { ...found, entry }
      }
    throw fail('vmfs.not-found', { path, volume: this.name })
  }

  #entries(descriptor: FileDescriptor): AsyncIterable<DirectoryEntry> {
    const isFolder = descriptor.type === fileTypes.directory || (descriptor.mode & 0xf000) === 0x4000
    if (!isFolder || descriptor.addressing === addressing.inline) throw new FormatError('no folder')
    const map = new BlockMap(descriptor, this)
    return readDirectory(this.geometry, descriptor.lengthBytes, (offsetBytes, sizeBytes) =>
      this.#mapped(map, offsetBytes, sizeBytes),
    )
  }
}

function checkKind({ magic, majorVersion }: FsHeader, place: string): void {
  if (magic === fsMagicLocal) throw fail('vmfs.unsupported', { place, fact: "is VMFS-L, a host's own" })
  if (magic !== fsMagic) throw fail('vmfs.unsupported', { place, fact: `has no VMFS on it (0x${magic.toString(16)})` })
  if (majorVersion !== 14 && majorVersion !== 24)
    throw fail('vmfs.unsupported', { place, fact: `is neither VMFS 5 nor VMFS 6, but of version ${majorVersion}` })
}
