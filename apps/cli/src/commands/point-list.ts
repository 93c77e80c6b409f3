import type { DamagedPoint, RestorePoint } from '@vmkeep/repository'
import type { VmPointAttributes, VmPointDisk } from '@vmkeep/run'
import { command } from '../command.ts'
import { count, relativeTime, size, time } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, integer, option, text } from '../parameters.ts'

/** A restore point as the list tells it. */
interface Row {
  readonly id: string
  readonly vm: string | undefined
  readonly instanceUuid: string | undefined
  readonly createdAt: string
  readonly state: 'ok' | 'incomplete' | 'damaged'
  readonly mode: 'full' | 'incremental' | undefined
  readonly consistency: string | undefined
  readonly disks: number
  readonly skippedDisks: number
  readonly provisionedBytes: number
  readonly changedBytes: number
  readonly readBytes: number
  readonly sentBytes: number
  readonly storedBytes: number
  readonly problem: string | undefined
}

export const pointListCommand = command({
  name: 'point list',
  summary: 'List restore points, oldest first',
  examples: [
    { run: 'vmkeep point list', does: 'every restore point' },
    { run: "vmkeep point list web-01 'db-*' --last 3", does: 'the last three of each of these VMs' },
    { run: 'vmkeep point list -o json', does: 'for a program, sizes in bytes, times in UTC' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names or instance uuids; * and ? match any characters') },
  options: { last: option(integer({ min: 1 }), { help: 'only the last N of each VM' }) },
  exits: ['damaged'],
  needs: ['repository'],

  async run({ arguments: { vm }, options, repository, out, say, signal, clock }) {
    const { findPoints } = await import('../restore/restore-points.ts')
    const all = (await findPoints(repository, vm, signal)).map(rowOf)
    const rows = options.last === undefined ? all : lastOfEach(all, options.last)
    const columns = columnsAt(clock.nowMs())
    await out.answer(rows, (style) =>
      rows.length === 0
        ? vm.length === 0
          ? 'There are no restore points yet. Make one with "vmkeep backup VM".'
          : `There are no restore points of ${vm.join(', ')}. "vmkeep point list" shows what there is.`
        : table(rows, columns, style),
    )
    const damaged = rows.filter(({ state }) => state === 'damaged').length
    if (damaged === 0) return 'ok'
    say.error(`${count(damaged, 'restore point')} cannot be understood; run "vmkeep verify" to see what is hit`)
    return 'damaged'
  },
})

function rowOf(point: RestorePoint | DamagedPoint): Row {
  if (point.damaged !== undefined) return { ...blank, ...point, state: 'damaged', problem: point.damaged.message }
  const { id, createdAt, subject, images, stats } = point
  const { skippedDisks = [], consistency } = point.attributes as Partial<VmPointAttributes>
  const modes = images.map(({ attributes }) => (attributes as Partial<VmPointDisk>).mode)
  const problem = skippedDisks.map(({ label, cause }) => `${label}: ${cause.message}`).join('; ')
  return {
    ...blank,
    ...sizesOf(stats),
    id,
    createdAt,
    vm: subject.name,
    instanceUuid: subject.id,
    state: skippedDisks.length > 0 ? 'incomplete' : 'ok',
    mode: modes.includes('full') ? 'full' : 'incremental',
    consistency,
    disks: images.length,
    skippedDisks: skippedDisks.length,
    problem: problem === '' ? undefined : problem,
  }
}

const noSizes = { provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0 }
const unknown = { vm: undefined, instanceUuid: undefined, mode: undefined, consistency: undefined, problem: undefined }
const blank = { ...noSizes, ...unknown, disks: 0, skippedDisks: 0 }

function sizesOf(stats: RestorePoint['stats']): typeof noSizes {
  const known = Object.keys(noSizes).flatMap((key) =>
    typeof stats[key] === 'number' ? [[key, stats[key]] as const] : [],
  )
  return { ...noSizes, ...Object.fromEntries(known) }
}

function columnsAt(nowMs: number): Column<Row>[] {
  return [
    { title: 'POINT', value: ({ id }) => id },
    { title: 'VM', value: ({ vm }) => vm },
    { title: 'CREATED', value: ({ createdAt }) => time(createdAt) },
    { title: 'AGE', value: ({ createdAt }) => relativeTime(createdAt, nowMs) },
    {
      title: 'DISKS',
      value: ({ disks, skippedDisks }) => (skippedDisks === 0 ? `${disks}` : `${disks} of ${disks + skippedDisks}`),
      align: 'right',
    },
    { title: 'PROVISIONED', value: (row) => size(row.provisionedBytes), align: 'right' },
    { title: 'CHANGED', value: (row) => size(row.changedBytes), align: 'right' },
    { title: 'READ', value: (row) => size(row.readBytes), align: 'right' },
    { title: 'STORED', value: (row) => size(row.storedBytes), align: 'right' },
    { title: 'MODE', value: ({ mode }) => mode },
    { title: 'CONSISTENCY', value: ({ consistency }) => consistency },
    {
      title: 'STATE',
      value: ({ state }) => state,
      paint: ({ state }, style) => (state === 'ok' ? style.good : style.bad),
    },
  ]
}

/** Rows ascend, so the last of each VM are at the end. Damaged ones belong to no VM and stay. */
function lastOfEach(rows: readonly Row[], last: number): Row[] {
  const byVm = Map.groupBy(rows, ({ id, instanceUuid }) => instanceUuid ?? id)
  const kept = new Set([...byVm.values()].flatMap((each) => each.slice(-last)))
  return rows.filter((row) => kept.has(row))
}
