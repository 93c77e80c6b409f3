import type { RestorePoint } from '@vmkeep/repository'
import type { GuestOnDisks, Recreate, ScriptRun, VmPoint } from '@vmkeep/run'
import { command } from '../command.ts'
import { length, relativeTime, size, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, facts, table } from '../output/table.ts'
import { argument, text } from '../parameters.ts'

interface DiskRow {
  readonly label: string
  readonly address: string
  readonly capacityBytes: number
  readonly mode: string
  readonly policy: string | undefined
  readonly remark: string | undefined
}

const diskColumns: readonly Column<DiskRow>[] = [
  { title: 'DISK', value: ({ label }) => label },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'PROVISIONED', value: ({ capacityBytes }) => size(capacityBytes), align: 'right' },
  { title: 'MODE', value: ({ mode }) => mode, paint: ({ mode }, style) => (mode === 'skipped' ? style.bad : String) },
  { title: 'POLICY', value: ({ policy }) => policy },
  { title: 'REMARK', value: ({ remark }) => remark },
]

export const pointShowCommand = command({
  name: 'point show',
  summary: 'Show all about a restore point: its VM, disks and what is missing',
  examples: [
    { run: 'vmkeep point show 3f2a', does: 'by the beginning of its id' },
    { run: 'vmkeep point show 3f2a -o yaml', does: 'everything it knows, for a person or a program' },
  ],
  arguments: { point: argument(text('POINT'), 'the id of the point, or the beginning of it') },
  exits: ['notFound', 'damaged'],
  needs: ['repository'],

  async run({ arguments: { point: id }, repository, out, signal, clock }) {
    const { vmPointOf } = await import('@vmkeep/run')
    const point = await repository.point(id, signal)
    const vm = vmPointOf(point)
    const { committedAt, storedAt, origin, tags, gfs, protection, clearance, stats, lockedUntil } = point
    const known = { ...vm, committedAt, storedAt, origin, tags, gfs, protection, clearance, stats, lockedUntil }
    const locked = lockedUntil === undefined ? undefined : time(lockedUntil)
    const lock = repository.lock === undefined ? undefined : (locked ?? 'no')
    await out.answer(known, (style) => describe(vm, { ...point, lock }, clock.nowMs(), style))
    return 'ok'
  },
})

interface ShownPoint extends RestorePoint {
  /** Until when it is locked, in words; `undefined` where nothing is. */
  readonly lock: string | undefined
}

function describe(vm: VmPoint, point: ShownPoint, nowMs: number, style: Style): string {
  const { place, warnings, homeFiles } = vm
  const about = facts([
    ['point', vm.id],
    ['vm', `${vm.name} (${vm.inventoryPath})`],
    ['created', `${time(vm.createdAt)}, ${relativeTime(vm.createdAt, nowMs)}`],
    ['locked until', point.lock],
    ['consistency', `${vm.consistency}${vm.quiesceAsked === undefined ? '' : ` (asked for: ${vm.quiesceAsked})`}`],
    ...(vm.scripts ?? []).map((script) => [`${script.phase} script`, scriptFact(script)] as const),
    ['guest', guestFact(vm.guest)],
    ...(vm.guest?.volumes ?? []).map((volume) => ['volume', volumeFact(volume)] as const),
    ['power', vm.powerState],
    ['memory', memoryFact(vm)],
    ['was on', [place.endpoint, place.cluster, place.host].filter((each) => each !== undefined).join(', ')],
    ['datastores', place.datastores.join(', ')],
    ['networks', place.networks.map(({ name }) => name).join(', ')],
    [
      'attributes',
      Object.entries(place.customValues)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ') || undefined,
    ],
    ['vSphere tags', place.tags?.map(({ category, name }) => `${category}:${name}`).join(', ')],
    ['storage policy', place.storagePolicies?.home?.name],
    ['files', ['config.xml', ...homeFiles.map(({ name }) => name)].join(', ')],
    ['instance uuid', vm.instanceUuid],
    ['new VM', recreateFact(vm.recreate)],
    ['run', vm.runId],
    ...keepingFacts(point),
  ])
  const told = warnings.map(({ message }) => `${style.warning('warning:')} ${message}`)
  const losses = vm.recreate?.losses.map(({ message }) => `a new VM: ${message}`) ?? []
  return [about, '', diskTable(diskRows(vm), style), ...told, ...losses].join('\n')
}

function memoryFact({ memory }: VmPoint): string | undefined {
  if (memory.length === 0) return undefined
  const bytes = memory.reduce((sum, { image }) => sum + image.capacityBytes, 0)
  return `${size(bytes)}, so that it can come back suspended: "vmkeep restore --to-vsphere --memory"`
}

function guestFact(guest: GuestOnDisks | undefined): string | undefined {
  if (guest?.os === undefined) return undefined
  const { vendor, edition, family, version, is64Bit } = guest.os
  const name = [vendor, edition].filter(Boolean).join(' ')
  return `${name || family} (${family} ${version}, ${is64Bit ? '64' : '32'} bits), as VMware's library says`
}

const volumeFact = ({ disk, kind, mountPoints }: GuestOnDisks['volumes'][number]): string =>
  `${kind} on ${disk}${mountPoints.length === 0 ? '' : `, ${mountPoints.join(' ')} in the guest`}`

function scriptFact({ where, script, outcome, why, seconds }: ScriptRun): string {
  const place = where === 'guest' ? ' in the guest' : ''
  if (outcome === 'ok') return `${script}${place}: ok, ${length(seconds * 1000)}`
  return `${script}${place}: ${outcome === 'failed' ? 'failed' : 'not run'}: ${why}`
}

/** Older points have never been tried. */
function recreateFact(recreate: Recreate | undefined): string | undefined {
  if (recreate === undefined) return undefined
  const { possible, reasons, losses } = recreate
  if (!possible) return `cannot be made: ${reasons.map(({ message }) => message).join(' ')}`
  return losses.length === 0 ? 'can be made, the same' : 'can be made, with differences (below)'
}

/** What it has been given for those who decide how long it is kept. */
function keepingFacts({ committedAt, storedAt, origin, tags, gfs, protection, clearance }: RestorePoint) {
  const until = protection?.until === undefined ? '' : ` until ${time(protection.until)}`
  return [
    ['committed', `${time(committedAt)} by the writer's clock`],
    ['stored', storedAt && `${time(storedAt)} by the storage's clock${apart(committedAt, storedAt)}`],
    ['copy of', origin && `${origin.point} in repository ${origin.repository}, of ${time(origin.committedAt)}`],
    ['tags', tags.length === 0 ? undefined : tags.join(', ')],
    [
      'kept',
      gfs.length === 0 ? undefined : gfs.map((flag) => `${flag.period} until ${time(flag.keepUntil)}`).join(', '),
    ],
    ['protected', protection && `since ${time(protection.at)}${until}: ${protection.reason}`],
    ['cleared', clearance && `${time(clearance.at)}: ${clearance.reason}`],
  ] as const
}

/** What there is to say where the clocks of writer and storage do not fit together. */
function apart(committedAt: string, storedAt: string): string {
  const differenceMs = Math.abs(Date.parse(storedAt) - Date.parse(committedAt))
  return differenceMs <= 24 * 3_600_000
    ? ''
    : `, ${length(differenceMs)} apart: one clock is wrong, and retention keeps the point`
}

/** Policies are a column only where a disk has one. */
function diskTable(rows: readonly DiskRow[], style: Style): string {
  const havePolicies = rows.some(({ policy }) => policy !== undefined)
  const columns = diskColumns.filter(({ title }) => title !== 'POLICY' || havePolicies)
  return table(rows, columns, style)
}

function diskRows({ disks, skippedDisks, place }: VmPoint): DiskRow[] {
  const policyOf = (key: number) => place.storagePolicies?.disks.find((disk) => disk.key === key)?.name
  return [
    ...disks.map(({ key, label, address, image, mode, cause }) => ({
      label,
      address,
      capacityBytes: image.capacityBytes,
      mode,
      policy: policyOf(key),
      remark: cause?.message,
    })),
    ...skippedDisks.map(({ cause, ...disk }) => ({
      ...disk,
      mode: 'skipped',
      policy: policyOf(disk.key),
      remark: cause.message,
    })),
  ]
}
