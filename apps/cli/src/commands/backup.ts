import type { BackupRequest, RunReport, ServerReport, ServersReport, VmOutcome, VmReport } from '@vmkeep/backup'
import { errorFromData } from '@vmkeep/kit'
import { backupFlags, backupOptionsOf, checkChoice, keepingOptionsOf } from '../backup-options.ts'
import { command } from '../command.ts'
import { exitOf } from '../exit-of.ts'
import type { ExitName } from '../exits.ts'
import { count, length, size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, options, text } from '../parameters.ts'
import type { Choosing, Surroundings } from '../selection/chosen-vms.ts'
import type { Server } from '../services.ts'
import { stateFolderOf } from '../state-folder.ts'
import type { CopyReport } from '../sync/copy-new-points.ts'

export const backupCommand = command({
  name: 'backup',
  summary: 'Back up VMs into the repository',
  description:
    'Every restore point is a full image of the VM; only what changed is read and only what is new is stored. ' +
    'What an interrupted run has left in vSphere is removed first. One VM that fails does not stop the others: the exit code is then 3. ' +
    'With several vCenters in the config and no --vcenter, the VMs are looked for on all of them: one that cannot be reached fails only its own VMs, with exit code 3. ' +
    'So it is when all VMs are backed up, but the copies that backup.copyTo or --copy-to wants could not all be made.',
  examples: [
    { run: 'vmkeep backup web-01', does: 'one VM' },
    {
      run: "vmkeep backup 'db-*' '/DC/vm/prod/*' --quiesce require",
      does: 'by name and by folder, application-consistent or not at all',
    },
    {
      run: 'vmkeep backup erp-01 --tag audit --tag quarter=2026-Q4',
      does: 'points that retention can keep by their tags',
    },
    { run: 'vmkeep backup --policy gold', does: 'the VMs of a policy, new ones included' },
    {
      run: 'vmkeep backup --all --exclude-disk "Hard disk 3" -o json',
      does: 'everything from cron, with a report for a program',
    },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names, globs, inventory paths, uuids or references; or --all') },
  options: {
    ...backupFlags,
    copyTo: options(text('REPOSITORY'), {
      help: 'copy the new points to this repository as well, by name or path (default: backup.copyTo of the config)',
    }),
    tag: options(text('TAG'), { help: 'tag the points, such as audit or env=prod; retention can keep by tag' }),
  },
  exits: ['partial', 'failed', 'notFound', 'conflict', 'precondition', 'notSignedIn', 'damaged'],
  needs: ['config', 'repository', 'openServers'],

  check: checkChoice,

  async run({
    arguments: { vm },
    options: flags,
    config: loaded,
    repository,
    openServers,
    out,
    say,
    learn,
    progress,
    signal,
    world,
    clock,
    random,
  }) {
    const { CopyTargets } = await import('../sync/copy-new-points.ts')
    const { configUnder, policyNamed } = await import('../selection/policies.ts')
    const policy = flags.policy === undefined ? undefined : policyNamed(loaded.config, flags.policy)
    const config = configUnder(loaded.config, policy)
    const names = flags.copyTo.length > 0 ? flags.copyTo : config.backup.copyTo
    const exclude = [...config.backup.exclude, ...flags.exclude]
    const choosing = { ...flags, vm, exclude }
    const context = { world, signal, learn }
    const options = { ...backupOptionsOf(config, flags, context), ...(await keepingOptionsOf(config, flags)) }
    const stateFolder = stateFolderOf(config, world)
    const common = { repository, options, stateFolder, onEvent: progress.onEvent, signal, clock, random }
    const servers = await openServers(policy)
    const run = await planRun(servers, common, choosing, { config, say, signal })
    await using targets = await CopyTargets.open(loaded, names, { say, learn, signal, world, clock, random })
    const report = await run()
    const made = report.vms.flatMap(({ point }) => (point === undefined ? [] : [point]))
    const copies = made.length === 0 ? [] : await targets.copy(repository, made, progress.onEvent)
    await out.answer({ ...report, copies }, (style) =>
      [describe(report, style), ...copies.map((copy) => describeCopy(copy, style))].join('\n'),
    )
    signal.throwIfAborted() // after the report: what was saved before Ctrl-C is worth knowing
    const exit = exitOfReport(report)
    return exit === 'ok' && copies.some(({ outcome }) => outcome !== 'ok') ? 'partial' : exit
  },
})

type Report = RunReport | (ServersReport & { readonly notFound: readonly string[] })

/** Chooses the VMs now, backs them up later. With one server the report is of its run, with several of all of theirs. */
async function planRun(
  servers: readonly Server[],
  common: Omit<BackupRequest, 'session' | 'vms'>,
  choosing: Choosing,
  around: Omit<Surroundings, 'server' | 'session'>,
): Promise<() => Promise<Report>> {
  const { runBackup, runOnServers } = await import('@vmkeep/backup')
  const { chosenOnServers } = await import('../selection/chosen-on-servers.ts')
  const { notFound, ...chosen } = await chosenOnServers(choosing, servers, around)
  const [only] = chosen.servers
  if (servers.length > 1 || only === undefined)
    return async () => ({ ...(await runOnServers({ ...common, ...chosen })), notFound })
  const { session, vms, excludeDisksOfVm, tags } = only
  return () => runBackup({ ...common, session, vms, tags, options: { ...common.options, excludeDisksOfVm } })
}

const brokenServers = (report: Report): ServerReport[] =>
  'servers' in report ? report.servers.filter(({ error }) => error !== undefined) : []

/** All ok is ok. Some points made, or nothing to do, is partial. None made is failed, or the one cause of which all VMs failed. */
function exitOfReport(report: Report): 'ok' | 'partial' | Failure {
  const { vms } = report
  const broken = brokenServers(report)
  if (broken.length === 0 && vms.every(({ outcome }) => outcome === 'ok')) return 'ok'
  if (vms.some(({ point, outcome }) => point !== undefined || outcome === 'skipped')) return 'partial'
  const [exit, another] = new Set([...vms, ...broken].map(({ error }) => exitOf(error && errorFromData(error))))
  return another === undefined && isFailure(exit) ? exit : 'failed'
}

const failures = ['failed', 'conflict', 'precondition', 'notSignedIn', 'damaged'] as const
type Failure = (typeof failures)[number]
const isFailure = (exit: ExitName | undefined): exit is Failure => failures.some((failure) => failure === exit)

type VmRow = VmReport & { readonly server?: string }
const nameOf = ({ vm, server }: VmRow) => (server === undefined ? vm : `${server}/${vm}`)

const columns: readonly Column<VmRow>[] = [
  { title: 'VM', value: nameOf },
  { title: 'RESULT', value: ({ outcome }) => outcome, paint: ({ outcome }, style) => paintOf(outcome, style) },
  { title: 'POINT', value: ({ point }) => point },
  {
    title: 'MODE',
    value: ({ disks }) => (disks.some(({ mode }) => mode === 'full') ? 'full' : disks.length > 0 ? 'incremental' : ''),
  },
  { title: 'CONSISTENCY', value: ({ consistency }) => consistency },
  ...(['provisioned', 'changed', 'read', 'sent', 'stored'] as const).map((name) => ({
    title: name.toUpperCase(),
    value: ({ disks }: VmReport) =>
      disks.length === 0 ? '' : size(disks.reduce((sum, { sizes }) => sum + sizes[`${name}Bytes`], 0)),
    align: 'right' as const,
  })),
  { title: 'TIME', value: ({ seconds }) => length(seconds * 1000), align: 'right' },
]

const paintOf = (outcome: VmOutcome, style: Style) =>
  outcome === 'ok' ? style.good : outcome === 'failed' ? style.bad : style.warning

function describe(report: Report, style: Style): string {
  const { vms, seconds } = report
  const servers = brokenServers(report).map(
    ({ server, error }) => `${server}: ${style.bad('none of its VMs is backed up:')} ${error!.message}`,
  )
  if (vms.length === 0) return ['No VM is chosen.', ...servers].join('\n')
  const causes = [...servers, ...vms.flatMap((vm) => causesOf(vm).map((cause) => `${nameOf(vm)}: ${cause}`))]
  const points = vms.filter(({ point }) => point !== undefined).length
  const summary = `${count(points, 'restore point')} of ${count(vms.length, 'VM')} in ${length(seconds * 1000)}`
  return [table(vms, columns, style), ...(causes.length > 0 ? ['', ...causes] : []), '', summary].join('\n')
}

function describeCopy({ repository, outcome, points, error }: CopyReport, style: Style): string {
  const copied = points.filter((point) => point.outcome === 'copied')
  const bytes = copied.reduce((sum, point) => sum + point.bytes, 0)
  const done = `${count(copied.length, 'restore point')} (${size(bytes)}) copied to ${repository}`
  if (outcome === 'ok') return done
  const why = `${error!.message}${error!.code === undefined ? '' : ` (${error!.code})`}`
  return `${done}; ${style.warning('not all:')} ${why}; "vmkeep repo sync" or the next backup makes up for it`
}

/** Why a VM is not simply ok. */
function causesOf({ outcome, error, reasons, skippedDisks, disks, memory, warnings }: VmReport): string[] {
  return [
    ...(error === undefined
      ? []
      : [`${outcome}: ${error.message}${error.code === undefined ? '' : ` (${error.code})`}`]),
    ...reasons.map(({ message }) => `skipped: ${message}`),
    ...skippedDisks.map(({ label, cause }) => `${label} is not in the restore point: ${cause.message}`),
    ...disks.flatMap(({ label, cause }) => (cause === undefined ? [] : [`${label} was read whole: ${cause.message}`])),
    ...disks.flatMap(({ label, slowedSeconds }) =>
      slowedSeconds === undefined
        ? []
        : [`${label} was read slowly, since its datastore was slow: ${length(slowedSeconds * 1000)} of rests`],
    ),
    ...(memory === undefined
      ? []
      : [`its memory is kept too: ${size(memory.readBytes)} read, ${size(memory.storedBytes)} stored`]),
    ...warnings.map(({ message }) => message),
  ]
}
