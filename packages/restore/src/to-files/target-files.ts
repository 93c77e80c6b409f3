import { join } from 'node:path'
import type { VmHomeFile, VmPoint } from '@vmkeep/run'
import type { PointDisk } from '../choose-disks.ts'
import { type DiskFileFormat, extensionOf, pathsOf } from './disk-file.ts'

/** Every file of a restore, in the order in which they appear. */
export interface TargetFiles {
  readonly disks: readonly { readonly disk: PointDisk; readonly path: string }[]
  /** The guest's memory, with a whole restore only: as the files vSphere has made of it. */
  readonly memory: readonly { readonly file: VmPoint['memory'][number]; readonly path: string }[]
  /** The VM's config and firmware files, by the repository's name for their bytes. */
  readonly sideFiles: readonly { readonly path: string; readonly blob: string }[]
  /**
   * The report. It comes last: a folder without it does not hold a whole restore. So single files of a
   * VM's home come without one.
   */
  readonly report: string
  readonly isWhole: boolean
  readonly all: readonly string[]
}

/** @param only these files of the VM's home, and not its config */
export function targetFilesOf(
  point: VmPoint,
  chosen: readonly PointDisk[],
  folder: string,
  format: DiskFileFormat,
  only?: readonly VmHomeFile[],
): TargetFiles {
  const named = (name: string) => join(folder, safeName(`${point.name}-${name}`))
  const disks = chosen.map((disk) => ({ disk, path: named(`${disk.address}.${extensionOf(format)}`) }))
  const pathOf = (name: string) => (name.startsWith(point.name) ? join(folder, safeName(name)) : named(name))
  const homeFiles = (only ?? point.homeFiles).map(({ name, blob }) => ({ path: pathOf(name), blob }))
  const isAll = only === undefined && chosen.length === point.disks.length
  const memory = isAll ? point.memory.map((file) => ({ file, path: pathOf(file.name) })) : []
  const config = only === undefined ? [{ path: named('config.xml'), blob: point.configXml }] : []
  const sideFiles = [...config, ...homeFiles]
  const report = named('restored.json')
  const isWhole = only === undefined
  const all = [
    ...disks.flatMap(({ path }) => pathsOf(path, format)),
    ...[...memory, ...sideFiles].map(({ path }) => path),
    ...(isWhole ? [report] : []),
  ]
  return { disks, memory, sideFiles, report, isWhole, all }
}

/** `web-01-scsi0-1.raw`: safe as a file name everywhere. A name from the repository never leaves the folder. */
const safeName = (name: string): string => name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
