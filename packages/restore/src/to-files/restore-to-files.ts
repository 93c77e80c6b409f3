import { readFile } from 'node:fs/promises'
import { NewFile } from '@vmkeep/disk'
import { hasCode } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import type { OnRunEvent, VmPoint } from '@vmkeep/run'
import { chooseDisks, type PointDisk } from '../choose-disks.ts'
import { DamagedParts, requireWhole } from '../damaged-parts.ts'
import { diskProgress } from '../disk-progress.ts'
import { fail } from '../errors.ts'
import type { DiskRestoreReport, RestoreReport } from '../report.ts'
import { compareWithImage, writeImage } from '../write-image.ts'
import { createDiskFile, type DiskFileFormat, openDiskFile } from './disk-file.ts'
import { type HomeFile, homeFileOf } from './home-file-of.ts'
import { prepareFolder } from './prepare-folder.ts'
import { mapTargetErrors } from './target-error.ts'
import { type TargetFiles, targetFilesOf } from './target-files.ts'

export interface RestoreToFilesRequest {
  readonly repository: Repository
  readonly point: VmPoint
  /** Made if it is not there. Nothing in it is ever overwritten. */
  readonly folder: string
  readonly format: DiskFileFormat
  /** Labels, addresses or keys; all disks if empty. */
  readonly disks: readonly string[]
  /** Only these files of the VM's home, and no disk. */
  readonly homeFiles?: readonly HomeFile[]
  /** Reads everything back and compares it with the restore point. */
  readonly verify: boolean
  /** Goes on where parts of a disk are lost: they become zeroes, and the report names them. Refused otherwise. */
  readonly allowDamaged?: boolean
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
}

/**
 * Writes a point's disks as files, with the VM's config beside them. Needs the repository only: no vCenter.
 *
 * Each file appears whole or not at all. The last one is the report, `<vm>-restored.json`: where it is, everything is. Of single files of the VM's
 * home none is written.
 *
 * @throws `restore.point-damaged`, `restore.target-exists`, `restore.target-busy`, `restore.target-full`, `restore.target-unusable`,
 * `restore.no-such-disk`, `restore.no-such-file`, `restore.verify-failed`, `repository.chunk-…`
 */
export async function restoreToFiles(request: RestoreToFilesRequest): Promise<RestoreReport> {
  const { point, folder, format, verify } = request
  const startedMs = performance.now()
  const only = request.homeFiles?.map((file) => homeFileOf(point, file))
  const chosen = only === undefined ? chooseDisks(point, request.disks) : []
  const files = targetFilesOf(point, chosen, folder, format, only)
  const images = [...chosen, ...files.memory.map(({ file: { name: label, image } }) => ({ label, image }))]
  if (request.allowDamaged !== true) await requireWhole(request, images, request.signal)
  const warnings = await prepareFolder(folder, files)
  // Held from now on: it tells others that we are at work.
  await using reportFile = files.isWhole ? await createSmallFile(files.report) : undefined
  const disks: DiskRestoreReport[] = []
  for (const { disk, path } of files.disks) disks.push(await restoreDisk(request, disk, path))
  for (const { file, path } of files.memory) await restoreMemory(request, file, path)
  const lostFiles: SideFile[] = []
  for (const file of files.sideFiles) if (!(await restoreSideFile(request, file))) lostFiles.push(file)
  const written = files.sideFiles.filter((file) => !lostFiles.includes(file))
  const report: RestoreReport = {
    point: point.id,
    vm: point.name,
    target: folder,
    disks,
    files: [...[...files.memory, ...written].map(({ path }) => path), ...(files.isWhole ? [files.report] : [])],
    verified: verify,
    warnings: [...warnings, ...lostFiles.map(lostFileWarning)],
    seconds: (performance.now() - startedMs) / 1000,
  }
  if (reportFile !== undefined) await writeWhole(reportFile, Buffer.from(`${JSON.stringify(report, null, 2)}\n`))
  return report
}

async function restoreDisk(
  request: RestoreToFilesRequest,
  disk: Pick<PointDisk, 'label' | 'address' | 'image' | 'metadata'>,
  path: string,
): Promise<DiskRestoreReport> {
  const { repository, point, format, onEvent, signal } = request
  const about = { vm: point.name, disk: disk.label } as const
  const { capacityBytes } = disk.image
  const progress = diskProgress(onEvent, about, capacityBytes)
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: path })
  const damage = new DamagedParts(request.allowDamaged)
  await using image = await repository.openImage(disk.image, signal, damage)
  const writtenBytes = await mapTargetErrors(path, async () => {
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
    damaged: await damage.extents(),
  }
}

/** Byte for byte as it was, like a disk of one file. */
async function restoreMemory(
  request: RestoreToFilesRequest,
  { name, image }: VmPoint['memory'][number],
  path: string,
): Promise<void> {
  await restoreDisk({ ...request, format: 'raw' }, { label: name, address: name, image, metadata: {} }, path)
}

type SideFile = TargetFiles['sideFiles'][number]

/** False if it is lost, and that is allowed. */
async function restoreSideFile(
  { repository, allowDamaged, verify, signal }: RestoreToFilesRequest,
  { path, blob }: SideFile,
): Promise<boolean> {
  try {
    const bytes = await repository.readBlob(blob, signal)
    await using file = await createSmallFile(path)
    await writeWhole(file, bytes)
    if (verify) await requireSame(path, bytes)
    return true
  } catch (error) {
    const isLost = hasCode(error, 'repository.chunk-corrupt', 'repository.chunk-missing', 'repository.pack-missing')
    if (!isLost || allowDamaged !== true) throw error
    return false
  }
}

async function requireSame(path: string, bytes: Uint8Array): Promise<void> {
  const found = await mapTargetErrors(path, () => readFile(path))
  if (!found.equals(bytes)) throw fail('restore.verify-failed', { disk: path, offsetBytes: 0 })
}

const lostFileWarning = ({ path }: SideFile) => ({ code: 'file-lost', message: `${path} is lost and was not restored` })

const createSmallFile = (path: string): Promise<NewFile> => mapTargetErrors(path, () => NewFile.create(path))

async function writeWhole(file: NewFile, bytes: Uint8Array): Promise<void> {
  await mapTargetErrors(file.path, async () => {
    await file.write(0, bytes)
    await file.publish()
  })
}
