import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DiskReader, Extent } from '@vmkeep/disk'
import { fail } from '../errors.ts'
import { type GeneratedFile, writableBlockBytes, writeFileTree } from './file-tree.ts'
import { scanImage } from './image-scan.ts'
import { gptTable, gptTailBytes, mbrTable, type Patch } from './partition-table.ts'
import { PatternDisk, type PatternDiskSpec } from './pattern-disk.ts'
import { runTool } from './run-tool.ts'
import { openSparseImage } from './sparse-image.ts'

export type DiskContent =
  | { readonly kind: 'empty'; readonly capacityBytes: number }
  | ({ readonly kind: 'pattern' } & Pick<PatternDiskSpec, 'capacityBytes' | 'seed'> & Partial<PatternDiskSpec>)
  | Ext4Content

/** A partition table and an ext4 file system full of files. */
export interface Ext4Content {
  readonly kind: 'ext4'
  readonly capacityBytes: number
  readonly seed: string
  /** Machines that share it share the files of their operating system. `debian-12`, if left out. */
  readonly sharedSeed?: string
  /** All files together, roughly. A tenth of the disk, up to 256 MiB, if left out. */
  readonly dataBytes?: number
  /** Files that a guest writer rewrites. A quarter of the data, if left out. */
  readonly writableBytes?: number
  /** `gpt`, if left out or above 2 TiB. */
  readonly table?: 'gpt' | 'mbr'
}

export interface GeneratedDisk {
  readonly capacityBytes: number
  /** Blocks a running guest may overwrite with anything, at any time: the file system stays whole. */
  readonly writable: readonly Extent[]
  /** Files and their hashes, for tests that restore them. */
  readonly files: readonly GeneratedFile[]
  /** The file system, to look at it with other programs. */
  readonly partition: Extent | undefined
  /** The disk's bytes, as a `source` for `addDisk`; `undefined` for an empty one. Each caller disposes its own. */
  open(): Promise<DiskReader | undefined>
}

export interface GenerateOptions {
  /** Where images are made and kept: the same content is made once. */
  readonly folder: string
  readonly signal?: AbortSignal
}

const MiB = 1024 * 1024
/** Raised when the same parameters come to mean other bytes. */
const generation = 2
const fileSystemBytesMax = 1024 ** 4
const overheadBytes = 16 * MiB
const mbrBytesMax = 2 * 1024 ** 4

/** Makes a disk for a VM to boot into, so to speak. @throws `lab.tool-missing` without e2fsprogs, `lab.disk-too-small` */
export async function generateDisk(content: DiskContent, options: GenerateOptions): Promise<GeneratedDisk> {
  const { capacityBytes } = content
  const bare = { capacityBytes, writable: [], files: [], partition: undefined }
  if (content.kind === 'empty') return { ...bare, open: async () => undefined }
  if (content.kind === 'ext4') return await generateExt4(content, options)
  const spec = { allocatedShare: 0.5, compressibleShare: 0.5, ...content }
  return { ...bare, open: async () => new PatternDisk(spec) }
}

interface Description {
  readonly data: readonly Extent[]
  readonly writable: readonly Extent[]
  readonly files: readonly GeneratedFile[]
}

async function generateExt4(content: Ext4Content, options: GenerateOptions): Promise<GeneratedDisk> {
  const plan = planOf(content)
  const hash = createHash('sha256')
    .update(JSON.stringify({ generation, ...plan }))
    .digest('hex')
  const path = join(options.folder, `ext4-${hash.slice(0, 16)}`)
  const { data, writable, files } = (await existing(path)) ?? (await make(plan, path, options))
  const { capacityBytes, partition } = plan
  const image = { path: `${path}.img`, capacityBytes, data, patches: tableOf(plan) }
  return { capacityBytes, writable, files, partition, open: () => openSparseImage(image) }
}

type Plan = Required<Ext4Content> & { readonly partition: Extent }

function planOf(content: Ext4Content): Plan {
  const { capacityBytes } = content
  const table = capacityBytes > mbrBytesMax ? 'gpt' : (content.table ?? 'gpt')
  const dataBytes = content.dataBytes ?? Math.min(Math.floor(capacityBytes / 10), 256 * MiB)
  const blocks = Math.ceil((content.writableBytes ?? dataBytes / 4) / writableBlockBytes)
  const writableBytes = blocks * writableBlockBytes
  const roomBytes = Math.floor((capacityBytes - (table === 'gpt' ? gptTailBytes : 0)) / MiB) * MiB - MiB
  const neededBytes = Math.ceil((dataBytes + writableBytes) * 1.1) + overheadBytes
  if (roomBytes < neededBytes) throw fail('lab.disk-too-small', { capacityBytes, neededBytes: neededBytes + 3 * MiB })
  const partition = { offsetBytes: MiB, lengthBytes: Math.min(roomBytes, fileSystemBytesMax) }
  return { sharedSeed: 'debian-12', ...content, table, dataBytes, writableBytes, partition }
}

function tableOf({ table, partition, capacityBytes, seed }: Plan): Patch[] {
  return table === 'mbr' ? mbrTable(partition, seed) : gptTable(partition, capacityBytes, seed)
}

async function existing(path: string): Promise<Description | undefined> {
  try {
    await access(`${path}.img`)
    return JSON.parse(await readFile(`${path}.json`, 'utf8')) as Description
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Under a name of its own, so that two at once do not meet; the description comes last: without it there is no image. */
async function make(plan: Plan, path: string, { folder, signal }: GenerateOptions): Promise<Description> {
  await mkdir(folder, { recursive: true })
  const work = `${path}.${randomUUID()}`
  const magic = createHash('sha256').update(`writable:${plan.seed}`).digest().subarray(0, 16)
  try {
    await mkdir(`${work}.tree`)
    const files = await writeFileTree(`${work}.tree`, { ...plan, magic }, signal)
    await makeFileSystem(plan, work, signal)
    const { data, marked } = await scanImage(`${work}.img`, magic, writableBlockBytes, signal)
    checkMarked(marked, plan)
    const description = { data, writable: marked, files }
    await writeFile(`${work}.json`, JSON.stringify(description))
    await rename(`${work}.img`, `${path}.img`)
    await rename(`${work}.json`, `${path}.json`)
    return description
  } finally {
    for (const left of ['tree', 'img', 'json']) await rm(`${work}.${left}`, { recursive: true, force: true })
  }
}

async function makeFileSystem({ partition, seed }: Plan, work: string, signal?: AbortSignal): Promise<void> {
  {
    await using image = await open(`${work}.img`, 'wx')
    await image.truncate(partition.offsetBytes + partition.lengthBytes)
  }
  const uuid = uuidOf(seed)
  const extended = `offset=${partition.offsetBytes},hash_seed=${uuid},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1,nodiscard`
  const size = `${partition.lengthBytes / 1024}k` // a number without a unit would count blocks
  const args = [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-b',
    '4096',
    '-L',
    'root',
    '-U',
    uuid,
    '-E',
    extended,
    '-d',
    `${work}.tree`,
    `${work}.img`,
    size,
  ]
  await runTool('mke2fs', args, { package: 'e2fsprogs', env: { E2FSPROGS_FAKE_TIME: '1767225600' }, signal })
}

/** Every writable block must be found, once: writing anywhere else would break the file system. */
function checkMarked(marked: readonly Extent[], { writableBytes }: Plan): void {
  const found = marked.reduce((sum, extent) => sum + extent.lengthBytes, 0)
  if (found !== writableBytes)
    throw fail('lab.tool-failed', {
      tool: 'mke2fs',
      says: `${found} of ${writableBytes} writable bytes lie in whole blocks`,
    })
}

function uuidOf(seed: string): string {
  const hex = createHash('sha256').update(`uuid:${seed}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
