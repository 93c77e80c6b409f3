import { spawn } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cut, type Extent, totalBytes } from '@vmkeep/disk'
import { seededRandom } from '@vmkeep/kit'
import type { BenchContext } from './scenario.ts'

/**
 * A disk as VMs have them, and the same disk on the days after.
 *
 * Half of it was never written, in stretches; of the rest three quarters are real files of this machine (a tar of /usr and of our
 * node_modules) and one quarter does not compress. Each day 1 % becomes other data, all over what was written: on the second day in
 * runs of 256 KiB, as files are written; on the third in runs of 64 KiB, the worst that CBT tells. The same on every run on one machine.
 */
export interface SampleImage {
  readonly path: string
  readonly sizeBytes: number
  /** Ascending: where it was ever written. */
  readonly written: readonly Extent[]
  readonly incompressibleBytes: number
  readonly later: readonly LaterDay[]
}

export interface LaterDay {
  readonly path: string
  readonly runBytes: number
  /** Where it differs from the day before: ascending, as CBT would tell. */
  readonly changed: readonly Extent[]
}

const stretchBytes = 32 * 1024 * 1024
const cbtBlockBytes = 64 * 1024
const laterRunBytes = [256 * 1024, 64 * 1024]
const version = 3

export async function sampleImage({ folder, sizeBytes, say }: BenchContext): Promise<SampleImage> {
  const base = join(folder, `sample-v${version}-${sizeBytes}`)
  const known = await readFile(join(base, 'sample.json'), 'utf8').catch(() => undefined)
  if (known !== undefined) return JSON.parse(known) as SampleImage
  say(`making a sample disk of ${sizeBytes} bytes, once`)
  const pathOf = (day: number) => join(base, `day-${day}`, 'disk.img')
  const path = pathOf(1)
  await mkdir(dirname(path), { recursive: true })
  const kinds = stretchesOf(sizeBytes)
  await fill(path, sizeBytes, kinds)
  const stretches = (...wanted: Kind[]) =>
    kinds.flatMap((kind, i) => (wanted.includes(kind) ? [stretch(i, sizeBytes)] : []))
  const written = stretches('files', 'noise')
  const later: LaterDay[] = []
  for (const runBytes of laterRunBytes) {
    const day: LaterDay = {
      path: pathOf(later.length + 2),
      runBytes,
      changed: changedRuns(written, sizeBytes, runBytes),
    }
    await mkdir(dirname(day.path), { recursive: true })
    await copySparse(pathOf(later.length + 1), day.path)
    await change(day)
    later.push(day)
  }
  const sample: SampleImage = { path, sizeBytes, written, incompressibleBytes: totalBytes(stretches('noise')), later }
  await writeFile(join(base, 'sample.json.new'), JSON.stringify(sample))
  await rename(join(base, 'sample.json.new'), join(base, 'sample.json')) // only now is it whole
  return sample
}

type Kind = 'never' | 'files' | 'noise'

/** In every eight stretches: four never written, three of files, one of noise. */
const stretchesOf = (sizeBytes: number): Kind[] => {
  const pattern: Kind[] = ['files', 'never', 'files', 'never', 'noise', 'never', 'files', 'never']
  return Array.from({ length: Math.ceil(sizeBytes / stretchBytes) }, (_, i) => pattern[i % pattern.length]!)
}

const stretch = (index: number, sizeBytes: number): Extent => {
  const offsetBytes = index * stretchBytes
  return { offsetBytes, lengthBytes: Math.min(stretchBytes, sizeBytes - offsetBytes) }
}

async function fill(path: string, sizeBytes: number, kinds: readonly Kind[]): Promise<void> {
  await using file = await open(path, 'w')
  await file.truncate(sizeBytes)
  const sources = { files: realFiles(), noise: noise('noise') }
  for (const [i, kind] of kinds.entries())
    if (kind !== 'never') await copyInto(file, stretch(i, sizeBytes), sources[kind])
  await sources.files.return(undefined)
  await file.sync()
}

async function copyInto(
  file: FileHandle,
  { offsetBytes, lengthBytes }: Extent,
  source: AsyncGenerator<Buffer, void>,
): Promise<void> {
  for (let done = 0; done < lengthBytes;) {
    const { value } = await source.next()
    const bytes = value!.subarray(0, lengthBytes - done)
    await file.write(bytes, 0, bytes.length, offsetBytes + done)
    done += bytes.length
  }
}

/** A tar of real files; noise, should they end. */
async function* realFiles(): AsyncGenerator<Buffer, void> {
  const modules = join(import.meta.dirname, '../../../node_modules')
  const tar = spawn('tar', ['--create', '--sort=name', '--numeric-owner', '--ignore-failed-read', '/usr', modules], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    yield* tar.stdout as AsyncIterable<Buffer>
  } finally {
    tar.kill()
  }
  yield* noise('after the files')
}

/** Bytes that nothing compresses, as fast as AES makes them. */
async function* noise(seed: string): AsyncGenerator<Buffer, void> {
  const random = seededRandom(seed)
  const cipher = createCipheriv('aes-256-ctr', random.bytes(32), random.bytes(16))
  const zeroes = Buffer.alloc(1024 * 1024)
  for (;;) yield cipher.update(zeroes)
}

/** 1 % of the disk, all over what was written, beginning at any of CBT's blocks: chunks are seldom hit whole. */
function changedRuns(written: readonly Extent[], sizeBytes: number, runBytes: number): Extent[] {
  const random = seededRandom(`changed in runs of ${runBytes}`)
  const places = written.flatMap((extent) => [...cut(extent, 2 * runBytes)])
  const share = sizeBytes / 100 / runBytes / places.length
  const shifted = ({ offsetBytes }: Extent): Extent => {
    const shiftBytes = Math.floor(random.fraction() * (runBytes / cbtBlockBytes + 1)) * cbtBlockBytes
    return { offsetBytes: offsetBytes + shiftBytes, lengthBytes: runBytes }
  }
  return places.filter(({ lengthBytes }) => lengthBytes === 2 * runBytes && random.fraction() < share).map(shifted)
}

/** New data: half of each run compresses, half does not. */
async function change({ path, runBytes, changed }: LaterDay): Promise<void> {
  const fresh = noise(`a day later, in runs of ${runBytes}`)
  await using file = await open(path, 'r+')
  for (const { offsetBytes, lengthBytes } of changed) {
    const bytes = Buffer.alloc(lengthBytes, `changed at ${offsetBytes} `)
    bytes.set((await fresh.next()).value!.subarray(0, lengthBytes / 2))
    await file.write(bytes, 0, lengthBytes, offsetBytes)
  }
  await file.sync()
}

async function copySparse(from: string, to: string): Promise<void> {
  const copy = spawn('cp', ['--reflink=auto', '--sparse=always', from, to], { stdio: 'inherit', cwd: dirname(from) })
  const code = await new Promise<number | null>((resolve, reject) => copy.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`cp of ${from} ended with ${code}`)
}
