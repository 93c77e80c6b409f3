// Writes a golden repository: small, and with one of everything the format knows. `node tools/golden.ts` calls it, once per version.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import {
  type BaseImage,
  createRepository,
  openFolderStorage,
  type Repository,
  type RestorePoint,
  type StoredImage,
  type WriterSession,
} from '@vmkeep/repository'
import { noise, writeRuns } from '@vmkeep/repository/testing'
import { plainOf, type VmPointAttributes, type VmPointDisk } from '@vmkeep/run'
import { type Golden, type GoldenPoint, sha256 } from './golden.ts'

const KiB = 1024
const chunkBytes = 128 * KiB // the smallest there is, for a small repository
const passphrase = 'golden, and no secret'

interface Write {
  readonly offsetBytes: number
  /** `null`: zeroes. */
  readonly bytes: Uint8Array | null
  readonly lengthBytes: number
}

const put = (offsetBytes: number, bytes: Uint8Array): Write => ({ offsetBytes, bytes, lengthBytes: bytes.length })
const clear = (offsetBytes: number, lengthBytes: number): Write => ({ offsetBytes, bytes: null, lengthBytes })
const text = (word: string, lengthBytes: number) => Buffer.alloc(lengthBytes, `${word} `)

const disks = [
  { key: 2000, label: 'Hard disk 1', address: 'scsi0:0', capacityBytes: 9 * chunkBytes + 512 }, // ends within a chunk
  { key: 2001, label: 'Hard disk 2', address: 'scsi0:1', capacityBytes: 40 * 1024 * KiB }, // more chunks than a map page holds
]

/** What is written to each disk before each of the three points: first all of it, then what changed. */
const history: readonly (readonly (readonly Write[])[])[] = [
  [
    [
      put(0, noise(chunkBytes, 'incompressible')),
      put(chunkBytes, text('compressible', 2 * chunkBytes)),
      put(9 * chunkBytes, text('tail', 512)),
    ],
    [put(0, text('compressible', chunkBytes)), put(39 * 1024 * KiB, text('far', 1024 * KiB))],
  ],
  [
    [clear(chunkBytes, chunkBytes), put(4 * chunkBytes, text('changed', chunkBytes))],
    [put(20 * 1024 * KiB, noise(chunkBytes / 4, 'a quarter'))],
  ],
  [[put(9 * chunkBytes, text('last', 512)), put(5 * chunkBytes, noise(chunkBytes, 'incompressible'))], []],
]

/** @throws EEXIST if `folder` is there: what a version has written is never written again */
export async function makeGolden(folder: string, version: string): Promise<Golden> {
  await mkdir(folder)
  await using storage = await openFolderStorage(join(folder, 'repository'), { create: true })
  const clock = fakeClock()
  const { repository, recoveryCode } = await createRepository(storage, {
    passphrase: new Secret(passphrase),
    chunkSizeBytes: chunkBytes,
    kdf: { memoryKiB: 64, passes: 1, parallelism: 1 },
    workersMax: 0,
    memoryBytesMax: 48 * 1024 * KiB,
    clock,
    random: seededRandom(`golden ${version}`),
  })
  await using _open = repository
  const now = disks.map(({ capacityBytes }) => Buffer.alloc(capacityBytes))
  const points: GoldenPoint[] = []
  let previous: RestorePoint | undefined
  for (const [generation, writes] of history.entries()) {
    clock.advance(86_400_000)
    for (const [i, changes] of writes.entries())
      for (const { offsetBytes, bytes, lengthBytes } of changes)
        now[i]!.set(bytes ?? Buffer.alloc(lengthBytes), offsetBytes)
    const config = Buffer.from(`<config><name>golden</name><generation>${generation}</generation></config>`)
    previous = await backUp(repository, writes, config, previous)
    points.push(expected(previous, now, config))
  }
  const golden = { version, passphrase, recoveryCode: recoveryCode.reveal(), points }
  await writeFile(join(folder, 'golden.json'), `${JSON.stringify(golden, null, 2)}\n`)
  return golden
}

async function backUp(
  repository: Repository,
  writes: readonly (readonly Write[])[],
  config: Uint8Array,
  previous: RestorePoint | undefined,
): Promise<RestorePoint> {
  await using session = await repository.beginSession()
  const mode = previous === undefined ? 'full' : 'incremental'
  const images = []
  for (const [i, disk] of disks.entries()) {
    const base = previous && { point: previous.id, image: previous.images[i]!.image }
    const image = await storeImage(session, disk.capacityBytes, writes[i]!, base)
    images.push({ key: String(disk.key), label: disk.label, image, attributes: plainOf(diskAttributes(disk, mode)) })
  }
  const configXml = await session.putBlob(config)
  return await session.commit({
    subject: { id: vm.instanceUuid, name: 'golden', kind: 'vm' },
    images,
    blobs: { 'config.xml': configXml },
    attributes: plainOf({ ...vm, configXml }),
    stats: { readBytes: 1 },
  })
}

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

function expected(point: RestorePoint, now: readonly Uint8Array[], config: Uint8Array): GoldenPoint {
  return {
    id: point.id,
    createdAt: point.createdAt,
    vm: point.subject.name,
    disks: disks.map(({ address, capacityBytes }, i) => ({ address, capacityBytes, sha256: sha256(now[i]!) })),
    blobs: { 'config.xml': { id: point.blobs['config.xml']!, sha256: sha256(config) } },
  }
}
