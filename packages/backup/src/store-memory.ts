import { codeOf, messageOf } from '@vmkeep/kit'
import type { PointImage } from '@vmkeep/repository'
import { type Cause, type DiskSizes, memoryImageAttributes, type VmHomeFile } from '@vmkeep/run'
import { downloadFile, type MemoryFile, snapshotMemory, streamFile } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { notStored } from './memory-plan.ts'
import type { RunContext } from './run-context.ts'
import { copyStream } from './stages/copy-stream.ts'
import type { VmJob } from './vm-job.ts'

export interface StoredMemory {
  readonly images: readonly PointImage[]
  /** The list of snapshots that the memory is found by. */
  readonly homeFiles: readonly VmHomeFile[]
  readonly sizes?: DiskSizes
  readonly warnings: readonly Cause[]
}

const none: StoredMemory = { images: [], homeFiles: [], warnings: [] }
const snapshotListBytesMax = 4 * 1024 * 1024

/**
 * Keeps the guest's memory, as the snapshot holds it, with the point. What can't be had is a warning, unless the policy demands it.
 *
 * @throws `backup.memory-required`
 */
export async function storeMemory(run: RunContext, job: VmJob): Promise<StoredMemory> {
  const { vm, standstill } = job
  if (standstill.memory !== true) return none
  try {
    return await store(run, job)
  } catch (error) {
    run.signal.throwIfAborted()
    if (isOfRepository(error)) throw error // what can't be kept is no fault of the memory that was read
    const why = messageOf(error)
    run.onEvent({ type: 'disk-phase', vm: vm.name, disk: label, phase: 'failed', detail: why })
    if (run.options.memory === 'require') throw fail('backup.memory-required', { vm: vm.name, why }, error)
    const warning = notStored(why)
    run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...warning })
    return { ...none, warnings: [warning] }
  }
}

const label = 'Memory'
const isOfRepository = (error: unknown) => /^(storage|repository)\./.test(codeOf(error) ?? '')
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

async function store(run: RunContext, job: VmJob): Promise<StoredMemory> {
  const { vm, standstill, writer } = job
  const { files, snapshotList } = await snapshotMemory(run.session, vm.ref, standstill.snapshot!, run.signal)
  if (files.length === 0 || snapshotList === undefined) throw fail('backup.memory-not-in-snapshot', { vm: vm.name })
  const place = { datacenterPath: vm.datacenterPath, sizeBytesMax: snapshotListBytesMax, signal: run.signal }
  const blob = await writer.putBlob(await downloadFile(run.session, snapshotList, place), run.signal)
  run.onEvent({ type: 'disk-phase', vm: vm.name, disk: label, phase: 'read' })
  let sizes = noSizes
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const images: PointImage[] = []
  for (const file of files) {
    const before = sizes
    const onSizes = (now: DiskSizes) => {
      sizes = sum(before, now)
      run.onEvent({ type: 'disk-progress', vm: vm.name, disk: label, totalBytes, ...sizes })
    }
    images.push(await storeFile(run, job, file, onSizes))
  }
  run.onEvent({ type: 'disk-phase', vm: vm.name, disk: label, phase: 'done' })
  return { images, homeFiles: [{ name: nameOf(snapshotList), kind: 'snapshotList', blob }], sizes, warnings: [] }
}

const noSizes: DiskSizes = { provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0 }

const sum = (a: DiskSizes, b: DiskSizes): DiskSizes => ({
  provisionedBytes: a.provisionedBytes + b.provisionedBytes,
  changedBytes: a.changedBytes + b.changedBytes,
  readBytes: a.readBytes + b.readBytes,
  sentBytes: a.sentBytes + b.sentBytes,
  storedBytes: a.storedBytes + b.storedBytes,
})

async function storeFile(
  run: RunContext,
  { vm, writer }: VmJob,
  { path, kind, sizeBytes }: MemoryFile,
  onSizes: (sizes: DiskSizes) => void,
): Promise<PointImage> {
  const image = await writer.beginImage({ capacityBytes: sizeBytes, unwritten: 'zero' })
  const sizesAt = (readBytes: number): DiskSizes => {
    const { newBytes: sentBytes, storedBytes } = image.progress
    return { provisionedBytes: sizeBytes, changedBytes: sizeBytes, readBytes, sentBytes, storedBytes }
  }
  const pieces = streamFile(run.session, path, { datacenterPath: vm.datacenterPath, sizeBytes, signal: run.signal })
  try {
    await copyStream(pieces, image, (readBytes) => onSizes(sizesAt(readBytes)), run.signal)
  } catch (error) {
    await image.finish(run.signal).catch(() => {}) // it goes into no point, and an open one would keep it from being committed
    throw error
  }
  const stored = await image.finish(run.signal)
  onSizes(sizesAt(sizeBytes))
  const name = nameOf(path)
  return { key: kind, label: `${label} (${name})`, image: stored, attributes: memoryImageAttributes({ name, kind }) }
}
