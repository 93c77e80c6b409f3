import { checkRun, type DiskReader, endOf, type Extent, intersection } from '@vmkeep/disk'
import { FormatError } from '@vmkeep/kit'
import { fail } from './errors.ts'
import {
  LvmExtent,
  lvmExtentsPerMap,
  lvmExtentStrideBytes,
  LvmHeader,
  lvmHeaderOffsetBytes,
  type LvmLayout,
  lvmLayout,
  LvmMoreHeader,
  LvmVolume,
} from './lvm-format.ts'
import { explained, readBytes, readRecord } from './read-at.ts'
import { formatVmfsUuid } from './uuid.ts'

/** One partition of one LUN. */
interface Device {
  readonly disk: DiskReader
  readonly name: string
  readonly header: LvmHeader
  readonly layout: LvmLayout
  readonly volume: LvmVolume
}

interface Run {
  readonly extent: Extent
  readonly disk: DiskReader
  readonly deviceOffsetBytes: number
}

/** The bytes of a volume, put together from the partitions it lies on. Takes them over. */
export class LogicalVolume implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly name: string
  readonly #runs: readonly Run[]
  readonly #disks: readonly DiskReader[]

  /** @throws `vmfs.damaged`, `vmfs.device-missing` */
  static async open(disks: readonly { readonly disk: DiskReader; readonly name: string }[]): Promise<LogicalVolume> {
    const devices: Device[] = []
    for (const { disk, name } of disks) devices.push(await explained(name, () => readDevice(disk, name)))
    devices.sort((a, b) => a.volume.firstExtent - b.volume.firstExtent)
    checkWhole(devices)
    const runs: Run[] = []
    for (const device of devices) runs.push(...(await explained(device.name, () => readRuns(device))))
    return new LogicalVolume(devices, runs)
  }

  private constructor(devices: readonly Device[], unordered: readonly Run[]) {
    const [{ volume, disk, name }] = devices as [Device]
    this.name = name
    this.capacityBytes = volume.sizeBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
    this.#disks = devices.map((device) => device.disk)
    this.#runs = unordered.toSorted((a, b) => a.extent.offsetBytes - b.extent.offsetBytes)
    let endBytes = 0
    for (const { extent } of this.#runs) {
      if (extent.offsetBytes !== endBytes)
        throw fail('vmfs.damaged', {
          place: name,
          fact: `no device has byte ${endBytes} of the volume, or two have it`,
        })
      endBytes = endOf(extent)
    }
    if (endBytes < this.capacityBytes)
      throw fail('vmfs.damaged', { place: name, fact: `a volume of ${this.capacityBytes} bytes ends at ${endBytes}` })
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkRun(this.name, this.capacityBytes, offsetBytes, target.length)
    const wanted = { offsetBytes, lengthBytes: target.length }
    for (const { extent, disk, deviceOffsetBytes } of this.#runs) {
      const part = intersection(extent, wanted)
      if (part === undefined) continue
      const start = part.offsetBytes - offsetBytes
      const at = deviceOffsetBytes + part.offsetBytes - extent.offsetBytes
      await disk.read(at, target.subarray(start, start + part.lengthBytes), signal)
    }
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    if (within.lengthBytes > 0) yield within
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const disk of this.#disks) await disk[Symbol.asyncDispose]()
  }
}

async function readDevice(disk: DiskReader, name: string): Promise<Device> {
  const header = await readRecord(disk, lvmHeaderOffsetBytes, LvmHeader)
  const layout = lvmLayout(header)
  if (header.volumes !== 1) throw new FormatError(`${header.volumes} volumes on one device`)
  return { disk, name, header, layout, volume: await readRecord(disk, layout.volumesAtBytes, LvmVolume) }
}

/** All devices of one volume, each once. */
function checkWhole(devices: readonly Device[]): void {
  const [first] = devices
  if (first === undefined) throw fail('vmfs.device-missing', { volume: '?', fact: 'no LUN was given' })
  const volume = first.volume.name || formatVmfsUuid(first.volume.uuid)
  const missing = (fact: string) => fail('vmfs.device-missing', { volume, fact })
  let nextExtent = 0
  for (const { name, volume: part } of devices) {
    if (!Buffer.from(part.uuid).equals(first.volume.uuid) || part.snapshotId !== first.volume.snapshotId)
      throw missing(`${name} belongs to the volume ${part.name}`)
    if (part.firstExtent !== nextExtent) throw missing(`no LUN has extent ${nextExtent}, or two have it`)
    nextExtent = part.lastExtent + 1
  }
  if (first.volume.devices !== 0 && first.volume.devices !== devices.length)
    throw missing(`it lies on ${first.volume.devices} LUNs, ${devices.length} are here`)
}

/** The device's extents, joined where they follow each other on both sides. */
async function readRuns(device: Device): Promise<Run[]> {
  const runs: Run[] = []
  for await (const { deviceOffsetBytes, volumeOffsetBytes, lengthBytes } of readExtents(device)) {
    if (lengthBytes <= 0 || deviceOffsetBytes + lengthBytes > device.disk.capacityBytes)
      throw new FormatError(`an extent of ${lengthBytes} bytes at ${deviceOffsetBytes}, beyond the device`)
    const last = runs.at(-1)
    const follows =
      last !== undefined &&
      endOf(last.extent) === volumeOffsetBytes &&
      last.deviceOffsetBytes + last.extent.lengthBytes === deviceOffsetBytes
    if (follows) runs.pop()
    const before = follows ? last : undefined
    runs.push({
      extent: {
        offsetBytes: before?.extent.offsetBytes ?? volumeOffsetBytes,
        lengthBytes: (before?.extent.lengthBytes ?? 0) + lengthBytes,
      },
      disk: device.disk,
      deviceOffsetBytes: before?.deviceOffsetBytes ?? deviceOffsetBytes,
    })
  }
  return runs
}

async function* readExtents(device: Device) {
  const { disk, header, layout, volume } = device
  let left = header.extents
  for await (const mapAtBytes of mapPlaces(device)) {
    const count = Math.min(left, lvmExtentsPerMap)
    if (count === 0) return
    const table = await readBytes(disk, mapAtBytes + layout.bitmapBytes, count * lvmExtentStrideBytes)
    for (let i = 0; i < count; i++) {
      const extent = LvmExtent.decode(table.subarray(i * lvmExtentStrideBytes))
      if (extent.used !== 0 && extent.volumeNumber === volume.volumeNumber) yield extent
    }
    left -= count
  }
  if (left > 0) throw new FormatError(`the maps of ${left} extents are missing`)
}

/** A map is a bitmap and a table. Eight follow the header; a large device has more elsewhere. */
async function* mapPlaces({ disk, header, layout }: Device): AsyncIterable<number> {
  const mapBytes = layout.bitmapBytes + lvmExtentsPerMap * lvmExtentStrideBytes
  const mapsMax = 256
  let seen = 0
  let [atBytes, maps, nextAtBytes] = [lvmHeaderOffsetBytes, Math.max(header.maps, 1), header.moreAtBytes]
  for (;;) {
    for (let map = 0; map < maps; map++) {
      if (++seen > mapsMax) throw new FormatError(`more than ${mapsMax} maps`)
      yield atBytes + layout.firstMapAtBytes + map * mapBytes
    }
    if (nextAtBytes === 0) return
    const more = await readRecord(disk, nextAtBytes, LvmMoreHeader)
    ;[atBytes, maps, nextAtBytes] = [nextAtBytes, Math.max(more.maps, 1), more.nextAtBytes]
  }
}
