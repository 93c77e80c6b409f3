import type { DiskRestoreReport, Mapped, PlannedDisk, RestorePlan, RestoreReport } from '@vmkeep/restore'
import { count, length, size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, facts, table } from '../output/table.ts'

const restored: readonly Column<DiskRestoreReport>[] = [
  { title: 'DISK', value: ({ label }) => label },
  { title: 'PROVISIONED', value: ({ provisionedBytes }) => size(provisionedBytes), align: 'right' },
  { title: 'WRITTEN', value: ({ writtenBytes }) => size(writtenBytes), align: 'right' },
  {
    title: 'COMPARED',
    value: ({ verified }) => (verified ? 'yes, same' : 'no'),
    paint: ({ verified }, style) => (verified ? style.good : style.warning),
  },
  { title: 'TARGET', value: ({ target }) => target },
]

export function describeReport({ vm, target, disks, files, warnings, seconds }: RestoreReport, style: Style): string {
  return [
    table(disks, restored, style),
    ...disks.flatMap(({ label, damaged }) =>
      damaged.map(({ offsetBytes, lengthBytes }) =>
        style.bad(`${label}: ${lengthBytes} bytes from byte ${offsetBytes} are lost and read as zeroes`),
      ),
    ),
    ...files.map((path) => `file ${path}`),
    ...warnings.map(({ message }) => `${style.warning('warning:')} ${message}`),
    '',
    `${vm}: ${disks.length > 0 ? count(disks.length, 'disk') : count(files.length, 'file')} restored to ${target} in ${length(seconds * 1000)}`,
  ].join('\n')
}

const planned: readonly Column<PlannedDisk>[] = [
  { title: 'DISK', value: ({ disk }) => disk.label },
  { title: 'ADDRESS', value: ({ disk }) => disk.address },
  { title: 'PROVISIONED', value: ({ disk }) => size(disk.image.capacityBytes), align: 'right' },
  { title: 'MADE', value: ({ spec }) => spec.provisioning },
  { title: 'POLICY', value: ({ spec }) => spec.storagePolicy?.name },
]

/** Policies are a column only where a disk gets one. */
const plannedFor = (disks: readonly PlannedDisk[]) =>
  planned.filter(({ title }) => title !== 'POLICY' || disks.some(({ spec }) => spec.storagePolicy !== undefined))

export function describePlan(
  { name, place, homePolicy, disks, memoryBytes, warnings }: RestorePlan,
  mapped: readonly string[],
  style: Style,
): string {
  return [
    facts([
      ['new VM', `${place.folderPath}/${name}`],
      ['host', place.hostName],
      ['resource pool', place.poolPath],
      ['datastore', `${place.datastoreName} (${size(place.datastoreFreeBytes)} free)`],
      ['storage policy', homePolicy?.name],
      ['comes back', memoryBytes === undefined ? undefined : `suspended, with ${size(memoryBytes)} of memory`],
    ]),
    '',
    table(disks, plannedFor(disks), style),
    ...mapped,
    ...warnings.map(({ message }) => `${style.warning('warning:')} ${message}`),
  ].join('\n')
}

/** The plan for programs: names and sizes, without the raw specification. */
export function planAnswer(
  { name, place, homePolicy, disks, memoryBytes, warnings }: RestorePlan,
  mapped: readonly Mapped[],
): object {
  const { folderPath, hostName, poolPath, datastoreName, datastoreFreeBytes } = place
  return {
    name,
    folder: folderPath,
    host: hostName,
    resourcePool: poolPath,
    datastore: datastoreName,
    datastoreFreeBytes,
    ...(homePolicy !== undefined && { storagePolicy: homePolicy.name }),
    disks: disks.map(({ disk: { label, address, image }, spec }) => ({
      label,
      address,
      provisionedBytes: image.capacityBytes,
      provisioning: spec.provisioning,
      ...(spec.storagePolicy !== undefined && { storagePolicy: spec.storagePolicy.name }),
    })),
    ...(memoryBytes !== undefined && { memoryBytes }),
    mapped,
    warnings,
  }
}
