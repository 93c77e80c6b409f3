import type { DamagedPoint, PointImage, RestorePoint } from '@vmkeep/repository'
import type { VmPointAttributes, VmPointDisk } from '@vmkeep/run'
import { command } from '../command.ts'
import { count, relativeTime, size, time } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, integer, option, options, text } from '../parameters.ts'
import { describeMarks } from '../retention/describe-marks.ts'

/** A restore point as the list tells it. */
interface Row {
  readonly id: string
  readonly vm: string | undefined
  readonly instanceUuid: string | undefined
  readonly createdAt: string
  readonly domain: string | undefined
  readonly state: 'ok' | 'incomplete' | 'suspect' | 'damaged' | 'erased'
  readonly mode: 'full' | 'incremental' | undefined
  readonly consistency: string | undefined
  readonly disks: number
  readonly skippedDisks: number
  readonly provisionedBytes: number
  readonly changedBytes: number
  readonly readBytes: number
  readonly sentBytes: number
  readonly storedBytes: number
  readonly tags: readonly string[]
  readonly gfs: RestorePoint['gfs']
  readonly protection: RestorePoint['protection']
  readonly problem: string | undefined
  /** Until then nothing it needs can be deleted. */
  readonly lockedUntil: string | undefined
}

export const pointListCommand = command({
  name: 'point list',
  summary: 'List restore points, oldest first',
  description:
    'STATE is "ok", "incomplete" (a disk is missing: "vmkeep point show" says why), "suspect" (it looks as if somebody had encrypted the VM: see "vmkeep help point clear") or "damaged". ' +
    'MARKS, where there are any, are what keeps a point (protected; weekly, monthly, yearly by its GFS flag) and its tags.',
  examples: [
    { run: 'vmkeep point list', does: 'every restore point' },
    { run: "vmkeep point list web-01 'db-*' --last 3", does: 'the last three of each of these VMs' },
    { run: 'vmkeep point list --tag audit --tag env=prod', does: 'those that have both tags' },
    { run: 'vmkeep point list -o json', does: 'for a program, sizes in bytes, times in UTC' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names or instance uuids; * and ? match any characters') },
  options: {
    last: option(integer({ min: 1 }), { help: 'only the last N of each VM' }),
    tag: options(text('TAG'), { help: 'only those with this tag; given several times: with all of them' }),
  },
  exits: ['damaged'],
  needs: ['repository'],

  async run({ arguments: { vm }, options: given, repository, out, say, signal, clock }) {
    const { findPoints } = await import('../restore/restore-points.ts')
    const found = await findPoints(repository, vm, signal)
    const suspect = await suspectsAmong(found)
    const { isOfDisk } = await import('@vmkeep/run')
    const all = found.map((point) => rowOf(point, { suspect, isOfDisk })).filter((row) => hasTags(row, given.tag))
    const rows = given.last === undefined ? all : lastOfEach(all, given.last)
    const nowMs = clock.nowMs()
    const columns = columnsAt(nowMs, {
      marks: rows.some((row) => describeMarks(row, nowMs) !== ''),
      locks: repository.lock !== undefined,
    })
    await out.answer(rows, (style) =>
      rows.length === 0
        ? vm.length + given.tag.length === 0
          ? 'There are no restore points yet. Make one with "vmkeep backup VM".'
          : `There are no restore points of ${[...vm, ...given.tag].join(', ')}. "vmkeep point list" shows what there is.`
        : table(rows, columns, style),
    )
    const damaged = rows.filter(({ state }) => state === 'damaged').length
    if (damaged === 0) return 'ok'
    say.error(`${count(damaged, 'restore point')} cannot be understood; run "vmkeep verify" to see what is hit`)
    return 'damaged'
  },
})

/** A damaged point has no tags that could be read. */
const hasTags = ({ tags, state }: Row, wanted: readonly string[]) =>
  state === 'damaged' || wanted.every((tag) => tags.includes(tag))

/** Ids of the points that look like the work of an attacker, beside those before them. */
async function suspectsAmong(points: readonly (RestorePoint | DamagedPoint)[]): Promise<ReadonlySet<string>> {
  const { factsOf, findSuspects } = await import('@vmkeep/retention')
  const facts = points.flatMap((point) => (point.damaged === undefined ? [factsOf(point)] : []))
  return new Set(findSuspects(facts).flatMap(({ id, suspect }) => (suspect === undefined ? [] : [id])))
}

interface Telling {
  readonly suspect: ReadonlySet<string>
  readonly isOfDisk: (image: PointImage) => boolean
}

function rowOf(point: RestorePoint | DamagedPoint, { suspect, isOfDisk }: Telling): Row {
  if (point.damaged !== undefined) return { ...blank, ...point, state: 'damaged', problem: point.damaged.message }
  const { id, createdAt, subject, images, stats, tags, gfs, protection } = point
  const { skippedDisks = [], consistency } = point.attributes as Partial<VmPointAttributes>
  const disks = images.filter(isOfDisk)
  const modes = disks.map(({ attributes }) => (attributes as Partial<VmPointDisk>).mode)
  const problem = skippedDisks.map(({ label, cause }) => `${label}: ${cause.message}`).join('; ')
  return {
    ...blank,
    ...sizesOf(stats),
    id,
    createdAt,
    lockedUntil: point.lockedUntil,
    vm: subject.name,
    instanceUuid: subject.id,
    state: stateOf(point, suspect.has(id), skippedDisks.length),
    domain: point.domain,
    mode: modes.includes('full') ? 'full' : 'incremental',
    consistency,
    disks: disks.length,
    skippedDisks: skippedDisks.length,
    tags,
    gfs,
    protection,
    problem: problem === '' ? undefined : problem,
  }
}

function stateOf({ erasedAt }: RestorePoint, isSuspect: boolean, skippedDisks: number): Row['state'] {
  if (erasedAt !== undefined) return 'erased'
  if (isSuspect) return 'suspect'
  return skippedDisks > 0 ? 'incomplete' : 'ok'
}

const noSizes = { provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0 }
const unmarked = { tags: [], gfs: [], protection: undefined, lockedUntil: undefined }
const unknown = {
  vm: undefined,
  domain: undefined,
  instanceUuid: undefined,
  mode: undefined,
  consistency: undefined,
  problem: undefined,
}
const blank = { ...noSizes, ...unmarked, ...unknown, disks: 0, skippedDisks: 0 }

function sizesOf(stats: RestorePoint['stats']): typeof noSizes {
  const known = Object.keys(noSizes).flatMap((key) =>
    typeof stats[key] === 'number' ? [[key, stats[key]] as const] : [],
  )
  return { ...noSizes, ...Object.fromEntries(known) }
}

/** Columns that not every repository has. */
interface Extras {
  readonly marks: boolean
  readonly locks: boolean
}

function columnsAt(nowMs: number, extras: Extras): Column<Row>[] {
  const lockedUntil: Column<Row> = {
    title: 'LOCKED UNTIL',
    value: ({ lockedUntil: until }) => (until === undefined ? 'not locked' : time(until)),
    paint: ({ lockedUntil: until }, style) =>
      until !== undefined && Date.parse(until) > nowMs ? style.good : style.warning,
  }
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
    ...(extras.marks ? [{ title: 'MARKS', value: (row: Row) => describeMarks(row, nowMs) }] : []),
    ...(extras.locks ? [lockedUntil] : []),
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
