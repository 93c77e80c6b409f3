// The VM of the golden repositories: what is written to its disks, and how it is backed up.
import {
  type BaseImage,
  type BeginOptions,
  type Repository,
  type RestorePoint,
  type StoredImage,
  type WriterSession,
} from '@vmkeep/repository'
import { noise, writeRuns } from '@vmkeep/repository/testing'
import { plainOf, type VmPointAttributes, type VmPointDisk } from '@vmkeep/run'
import { type GoldenPoint, sha256 } from './golden.ts'

const KiB = 1024
const piece = 128 * KiB
/** The smallest there is, so that a repository with one of everything is small. */
export const chunkBytes = 4 * KiB

interface Write {
  readonly offsetBytes: number
  /** `null`: zeroes. */
  readonly bytes: Uint8Array | null
  readonly lengthBytes: number
}

export const put = (offsetBytes: number, bytes: Uint8Array): Write => ({
  offsetBytes,
  bytes,
  lengthBytes: bytes.length,
})
const clear = (offsetBytes: number, lengthBytes: number): Write => ({ offsetBytes, bytes: null, lengthBytes })
const text = (word: string, lengthBytes: number) => Buffer.alloc(lengthBytes, `${word} `)

const disks = [
  { key: 2000, label: 'Hard disk 1', address: 'scsi0:0', capacityBytes: 9 * piece + 512 }, // ends within a chunk
  { key: 2001, label: 'Hard disk 2', address: 'scsi0:1', capacityBytes: 4 * 1024 * KiB }, // more chunks than a map page holds
]

/** What is written to each disk before a point. */
export type Writes = readonly (readonly Write[])[]

/** First all of it, then what changed. */
export const history: readonly Writes[] = [
  [
    [
      put(0, noise(2 * chunkBytes, 'incompressible')),
      put(piece, text('compressible', 2 * piece)),
      put(9 * piece, text('tail', 512)),
    ],
    [put(0, text('compressible', piece)), put(3 * 1024 * KiB, text('far', 1024 * KiB))],
  ],
  [
    [clear(piece, piece), put(4 * piece, text('changed', piece))],
    [put(2 * 1024 * KiB, noise(chunkBytes / 4, 'a quarter'))],
  ],
  [[put(9 * piece, text('last', 512)), put(5 * piece, noise(2 * chunkBytes, 'incompressible'))], []],
]

/** One VM whose disks are known at every moment. */
export class GoldenVm {
  readonly #disks = disks.map(({ capacityBytes }) => Buffer.alloc(capacityBytes))
  #generation = 0
  #previous: RestorePoint | undefined

  /** Writes, backs up, and says what must be read back. The session stays open if `end` says so. */
  async backUp(repository: Repository, writes: Writes, options: BeginOptions = {}): Promise<GoldenPoint> {
    for (const [i, changes] of writes.entries())
      for (const { offsetBytes, bytes, lengthBytes } of changes)
        this.#disks[i]!.set(bytes ?? Buffer.alloc(lengthBytes), offsetBytes)
    const config = Buffer.from(`<config><name>golden</name><generation>${this.#generation++}</generation></config>`)
    await using session = await repository.beginSession(options)
    const previous = this.#previous
    const mode = previous === undefined ? 'full' : 'incremental'
    const images = []
    for (const [i, disk] of disks.entries()) {
      const base = previous && { point: previous.id, image: previous.images[i]!.image }
      const image = await storeImage(session, disk.capacityBytes, writes[i]!, base)
      images.push({ key: String(disk.key), label: disk.label, image, attributes: plainOf(diskAttributes(disk, mode)) })
    }
    const configXml = await session.putBlob(config)
    const point = await session.commit({
      subject: { id: vm.instanceUuid, name: 'golden', kind: 'vm' },
      images,
      blobs: { 'config.xml': configXml },
      attributes: plainOf({ ...vm, configXml }),
      stats: { readBytes: 1 },
      ...gfsOf(this.#generation),
    })
    this.#previous = point
    return {
      id: point.id,
      createdAt: point.createdAt,
      vm: point.subject.name,
      disks: disks.map(({ address, capacityBytes }, i) => ({
        address,
        capacityBytes,
        sha256: sha256(this.#disks[i]!),
      })),
      blobs: { 'config.xml': { id: configXml, sha256: sha256(config) } },
    }
  }
}

const gfsOf = (generation: number) =>
  generation === 1
    ? { tags: ['first'], gfs: [{ period: 'yearly', keepUntil: new Date(Date.UTC(2031, 0)).toISOString() }] }
    : {}

async function storeImage(
  session: WriterSession,
  capacityBytes: number,
  writes: readonly Write[],
  base: BaseImage | undefined,
): Promise<StoredImage> {
  const unwritten = base === undefined ? 'zero' : 'inherit'
  const image = await session.beginImage({ capacityBytes, unwritten, ...(base === undefined ? {} : { base }) })
  for (const { offsetBytes, bytes, lengthBytes } of writes)
    if (bytes === null) await image.zero({ offsetBytes, lengthBytes })
    else await writeRuns(image, [{ offsetBytes, bytes: wholeChunks(bytes, offsetBytes, capacityBytes) }])
  return await image.finish()
}

/** A repository takes whole chunks, or chunks up to the disk's end. */
function wholeChunks(bytes: Uint8Array, offsetBytes: number, capacityBytes: number): Uint8Array {
  const lengthBytes = Math.min(Math.ceil(bytes.length / chunkBytes) * chunkBytes, capacityBytes - offsetBytes)
  const whole = Buffer.alloc(lengthBytes)
  whole.set(bytes)
  return whole
}

const vm: Omit<VmPointAttributes, 'configXml'> = {
  format: 1,
  inventoryPath: '/Lab/vm/golden',
  instanceUuid: '50112233-4455-6677-8899-aabbccddeeff',
  biosUuid: '42112233-4455-6677-8899-aabbccddeeff',
  ref: 'vm-1',
  endpointId: 'golden-vcenter',
  powerState: 'poweredOn',
  place: {
    endpoint: 'vcenter.example.com',
    endpointId: 'golden-vcenter',
    datacenter: 'Lab',
    host: 'esxi-1.example.com',
    datastores: ['datastore1'],
    networks: [],
    customValues: { owner: '数据库' },
  },
  consistency: 'crash',
  runId: '0123456789ab',
  skippedDisks: [
    {
      key: 2002,
      label: 'Hard disk 3',
      address: 'scsi0:2',
      capacityBytes: 1024 * KiB,
      cause: { code: 'independent', message: 'the disk is independent: snapshots leave it out' },
    },
  ],
  homeFiles: [],
  warnings: [],
}

function diskAttributes({ key, label, address }: (typeof disks)[number], mode: 'full' | 'incremental'): VmPointDisk {
  return {
    key,
    label,
    address,
    fileName: `[datastore1] golden/golden_${key}.vmdk`,
    provisioning: 'thin',
    sectorSizeBytes: 512,
    changeId: `52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/${key}`,
    metadata: { adapterType: 'lsilogic' },
    mode,
    ...(mode === 'full' ? { cause: { code: 'first-backup', message: 'there is no earlier restore point' } } : {}),
  }
}
