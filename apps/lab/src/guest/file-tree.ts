import { createHash } from 'node:crypto'
import { chmod, link, mkdir, open, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ContentKind, contentOf } from './contents.ts'
import { SeededBytes } from './seeded-bytes.ts'

export interface FileTreeSpec {
  readonly seed: string
  /** Files of the operating system depend on this one: machines that share it share their bytes. */
  readonly sharedSeed: string
  /** All files together, roughly. */
  readonly dataBytes: number
  /** Files a running guest rewrites in place. */
  readonly writableBytes: number
  /** What each block of those begins with. */
  readonly magic: Buffer
}

/** A file of a generated disk, for tests that restore it. */
export interface GeneratedFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
  /** A running guest changes it. */
  readonly isWritable: boolean
}

interface Part {
  readonly share: number
  readonly shared: boolean
  readonly kind: ContentKind
  readonly sizesBytes: readonly number[]
  readonly path: (number: number) => string
}

const kiB = 1024
/** More data makes larger files, not more of them: making a file system costs by the file. */
const filesPerPartMax = 1500
const writableFileBytesMax = 64 * kiB * kiB
export const writableBlockBytes = 4096
const timeOfAllFiles = new Date(Date.UTC(2026, 0, 1))

const parts: readonly Part[] = [
  {
    share: 0.2,
    shared: true,
    kind: 'binary',
    sizesBytes: [40, 130, 700, 2500].map((k) => k * kiB),
    path: (n) => `usr/lib/x86_64-linux-gnu/lib${n}.so.${n % 7}`,
  },
  {
    share: 0.15,
    shared: true,
    kind: 'binary',
    sizesBytes: [15, 60, 300].map((k) => k * kiB),
    path: (n) => `usr/bin/tool-${n}`,
  },
  {
    share: 0.05,
    shared: true,
    kind: 'text',
    sizesBytes: [300, 1200, 5000, 20_000],
    path: (n) => `usr/share/doc/package-${n % 40}/page-${n}.txt`,
  },
  {
    share: 0.2,
    shared: false,
    kind: 'text',
    sizesBytes: [20, 400, 6000].map((k) => k * kiB),
    path: (n) => `var/log/service-${n % 9}/access.log.${n}`,
  },
  { share: 0.05, shared: false, kind: 'text', sizesBytes: [200, 900, 4097], path: (n) => `etc/conf.d/site-${n}.conf` },
  {
    share: 0.25,
    shared: false,
    kind: 'noise',
    sizesBytes: [80, 900, 3100].map((k) => k * kiB),
    path: (n) => `home/user${n % 3}/photos/IMG_${n}.jpg`,
  },
  {
    share: 0.1,
    shared: false,
    kind: 'binary',
    sizesBytes: [30, 250].map((k) => k * kiB),
    path: (n) => `srv/share/Präsentationen/Entwurf ${n} 报告.odp`,
  },
]

/** Fills an empty folder with a machine's files: text, programs, pictures, a database; links, holes, odd names. */
export async function writeFileTree(
  folder: string,
  spec: FileTreeSpec,
  signal?: AbortSignal,
): Promise<GeneratedFile[]> {
  const files: GeneratedFile[] = []
  for (const part of parts) files.push(...(await writePart(folder, part, spec, signal)))
  files.push(...(await writeDatabase(folder, spec, signal)))
  await writeOddities(folder, spec)
  return files
}

async function writePart(
  folder: string,
  part: Part,
  spec: FileTreeSpec,
  signal?: AbortSignal,
): Promise<GeneratedFile[]> {
  const seed = part.shared ? spec.sharedSeed : spec.seed
  const choices = new SeededBytes(`sizes:${part.path(0)}:${seed}`)
  const files: GeneratedFile[] = []
  const totalBytes = spec.dataBytes * part.share
  const scale = Math.max(1, totalBytes / filesPerPartMax / averageOf(part.sizesBytes))
  for (let left = totalBytes, number = 0; left > 0; number++) {
    const wanted = Math.ceil(choices.pick(part.sizesBytes) * scale) + choices.below(900)
    const sizeBytes = Math.min(wanted, Math.ceil(left))
    const content = contentOf(part.kind, `${seed}:${part.path(number)}`, sizeBytes)
    files.push(await writeOne(folder, part.path(number), content, { isWritable: false, signal }))
    left -= sizeBytes
  }
  return files
}

const averageOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Every block says which it is, so that it can be found on the disk without knowing the file system. */
async function writeDatabase(folder: string, spec: FileTreeSpec, signal?: AbortSignal): Promise<GeneratedFile[]> {
  const files: GeneratedFile[] = []
  for (let left = spec.writableBytes, number = 0; left > 0; left -= writableFileBytesMax, number++) {
    const sizeBytes = Math.min(left, writableFileBytesMax)
    const path = `var/lib/database/table-${number}.db`
    files.push(await writeOne(folder, path, databaseBlocks(spec, path, sizeBytes), { isWritable: true, signal }))
  }
  return files
}

function* databaseBlocks({ seed, magic }: FileTreeSpec, path: string, sizeBytes: number): Iterable<Buffer> {
  for (const piece of contentOf('binary', `${seed}:${path}`, sizeBytes)) {
    for (let at = 0; at < piece.length; at += writableBlockBytes) magic.copy(piece, at)
    yield piece
  }
}

async function writeOddities(folder: string, { seed }: FileTreeSpec): Promise<void> {
  await mkdir(join(folder, 'var/empty/a/b/c/d/e/f/g'), { recursive: true })
  await mkdir(join(folder, 'etc'), { recursive: true })
  await writeFile(join(folder, 'etc/hostname'), `${seed.replaceAll(/[^a-z0-9-]/gi, '-')}\n`)
  await writeFile(join(folder, 'var/empty/file'), '')
  await symlink('../hostname', join(folder, 'etc/conf.d/name'))
  await link(join(folder, 'etc/hostname'), join(folder, 'etc/mailname'))
  await writeFile(join(folder, 'var/sparse.img'), 'begin')
  await truncate(join(folder, 'var/sparse.img'), 3 * 1024 * 1024)
}

async function writeOne(
  folder: string,
  path: string,
  content: Iterable<Buffer>,
  { isWritable, signal }: { readonly isWritable: boolean; readonly signal?: AbortSignal | undefined },
): Promise<GeneratedFile> {
  signal?.throwIfAborted()
  const target = join(folder, path)
  await mkdir(dirname(target), { recursive: true })
  const hash = createHash('sha256')
  let sizeBytes = 0
  {
    await using file = await open(target, 'wx')
    for (const piece of content) {
      await file.writeFile(piece) // at the handle's place; `write` may write less
      hash.update(piece)
      sizeBytes += piece.length
    }
  }
  await chmod(target, path.startsWith('usr/bin/') ? 0o755 : 0o644)
  await utimes(target, timeOfAllFiles, timeOfAllFiles)
  return { path: `/${path}`, sizeBytes, sha256: hash.digest('hex'), isWritable }
}
