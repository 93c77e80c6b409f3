import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import type { OnRunEvent, VmPoint } from '@vmkeep/run'
import { chooseDisks, type PointDisk } from '../choose-disks.ts'
import { fail } from '../errors.ts'
import type { DiskRestoreReport, RestoreReport } from '../report.ts'
import { compareWithImage, writeImage } from '../write-image.ts'
import { createDiskFile, type DiskFileFormat, extensionOf, openDiskFile } from './disk-file.ts'

export interface RestoreToFilesRequest {
  readonly repository: Repository
  readonly point: VmPoint
  /** Made if it is not there. Nothing in it is ever overwritten. */
  readonly folder: string
  readonly format: DiskFileFormat
  /** Labels, addresses or keys; all disks if empty. */
  readonly disks: readonly string[]
  /** Reads everything back and compares it with the restore point. */
  readonly verify: boolean
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
}

/**
 * Writes a point's disks as files, with the VM's config beside them. Needs the repository only: no vCenter.
 *
 * @throws `restore.target-exists`, `restore.target-full`, `restore.no-such-disk`, `restore.verify-failed`, `repository.chunk-…`
 */
export async function restoreToFiles(request: RestoreToFilesRequest): Promise<RestoreReport> {
  const { point, folder, format } = request
  const disks = chooseDisks(point, request.disks)
  const startedMs = performance.now()
  await makeFolder(folder)
  const targets = disks.map((disk) => ({ disk, path: join(folder, `${fileBase(point, disk)}.${extensionOf(format)}`) }))
  const homeFiles = homeFilesOf(request)
  for (const { path } of [...targets, ...homeFiles]) await requireAbsent(path)
  const reports: DiskRestoreReport[] = []
  for (const { disk, path } of targets) reports.push(await restoreDisk(request, disk, path))
  for (const { path, blob } of homeFiles) await writeHomeFile(request, path, blob)
  return {
    point: point.id,
    vm: point.name,
    target: folder,
    disks: reports,
    files: homeFiles.map(({ path }) => path),
    verified: request.verify,
    warnings: [],
    seconds: (performance.now() - startedMs) / 1000,
  }
}

async function restoreDisk(request: RestoreToFilesRequest, disk: PointDisk, path: string): Promise<DiskRestoreReport> {
  const { repository, point, format, onEvent, signal } = request
  const about = { vm: point.name, disk: disk.label } as const
  const { capacityBytes } = disk.image
  const progress = (doneBytes: number) =>
    onEvent({
      type: 'disk-progress',
      ...about,
      totalBytes: capacityBytes,
      provisionedBytes: capacityBytes,
      changedBytes: capacityBytes,
      readBytes: doneBytes,
      sentBytes: 0,
      storedBytes: 0,
    })
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: path })
  await using image = await repository.openImage(disk.image, signal)
  const writtenBytes = await mapErrors(path, async () => {
    await using target = await createDiskFile(path, format, { capacityBytes, metadata: disk.metadata })
    const written = await writeImage(image, target, (now) => progress(now.writtenBytes), signal)
    await target.finish(signal)
    return written
  })
  if (request.verify) {
    onEvent({ type: 'disk-phase', ...about, phase: 'verify' })
    await using back = await openDiskFile(path, format)
    await compareWithImage(image, back, path, progress, signal)
  }
  onEvent({ type: 'disk-phase', ...about, phase: 'done' })
  return {
    label: disk.label,
    address: disk.address,
    target: path,
    provisionedBytes: capacityBytes,
    writtenBytes,
    verified: request.verify,
  }
}

/** `web-01-scsi0-1`: the VM and the place of the disk, safe as a file name everywhere. */
function fileBase(point: VmPoint, disk: PointDisk): string {
  return safeName(`${point.name}-${disk.address}`)
}

const safeName = (name: string): string => name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')

/** The VM's config and firmware files, each with the VM's name in front. A name from the repository never leaves the folder. */
function homeFilesOf({ point, folder }: RestoreToFilesRequest): { path: string; blob: string }[] {
  const files = [{ name: 'config.xml', blob: point.configXml }, ...point.homeFiles]
  return files.map(({ name, blob }) => ({
    path: join(folder, safeName(name.startsWith(point.name) ? name : `${point.name}-${name}`)),
    blob,
  }))
}

async function writeHomeFile({ repository, signal }: RestoreToFilesRequest, path: string, blob: string): Promise<void> {
  const bytes = await repository.readBlob(blob, signal)
  await mapErrors(path, () => writeFile(path, bytes, { flag: 'wx' }))
}

async function makeFolder(folder: string): Promise<void> {
  await mapErrors(folder, () => mkdir(folder, { recursive: true }))
}

async function requireAbsent(path: string): Promise<void> {
  if (
    await stat(path).then(
      () => true,
      () => false,
    )
  )
    throw fail('restore.target-exists', { path })
}

async function mapErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST') throw fail('restore.target-exists', { path }, error)
    if (code === 'ENOSPC' || code === 'EDQUOT') throw fail('restore.target-full', { path }, error)
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EFBIG')
      throw fail('restore.target-unusable', { path, why: messageOf(error) }, error)
    throw error
  }
}
