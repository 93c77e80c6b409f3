import type { VmPlan } from '@vmkeep/backup'
import { messageOf } from '@vmkeep/kit'
import type { RunEvent } from '@vmkeep/run'
import { backupFlags, backupOptionsOf, checkChoice } from '../backup-options.ts'
import { command } from '../command.ts'
import { count, size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, text } from '../parameters.ts'

interface Row {
  readonly vm: string
  readonly disk: string | undefined
  readonly capacityBytes: number | undefined
  readonly action: string
  readonly reason: string | undefined
}

const columns: readonly Column<Row>[] = [
  { title: 'VM', value: ({ vm }) => vm },
  { title: 'DISK', value: ({ disk }) => disk },
  {
    title: 'PROVISIONED',
    value: ({ capacityBytes }) => (capacityBytes === undefined ? '' : size(capacityBytes)),
    align: 'right',
  },
  {
    title: 'ACTION',
    value: ({ action }) => action,
    paint: ({ action }, style) => (action === 'skip' ? style.bad : style.good),
  },
  { title: 'WHY', value: ({ reason }) => reason },
]

export const planCommand = command({
  name: 'plan',
  summary: 'Show what a backup would do now, and why; changes nothing',
  description:
    'The planner is the one the backup uses: VMs and disks in or out with the reason, full or incremental, change tracking, transport, and what is slow now. ' +
    'If a repository is configured, its restore points decide what can be incremental.',
  examples: [
    { run: 'vmkeep plan web-01', does: 'one VM' },
    { run: "vmkeep plan 'db-*' --exclude db-test", does: 'by name, with an exception' },
    { run: "vmkeep plan --selector 'tag=prod and datastore=fast-*'", does: 'by what they are' },
    { run: 'vmkeep plan --all -o json', does: 'every VM, for a program' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names, globs, inventory paths, uuids or references; or --all') },
  options: backupFlags,
  exits: ['notFound', 'partial'],
  needs: ['config', 'openServers', 'repositoryIfAny'],

  check: checkChoice,

  async run({
    arguments: { vm },
    options,
    config: { config: whole },
    openServers,
    repositoryIfAny,
    out,
    say,
    signal,
    world,
  }) {
    const { planBackup } = await import('@vmkeep/backup')
    const { configUnder, policyNamed } = await import('../selection/policies.ts')
    const { chosenOnServers } = await import('../selection/chosen-on-servers.ts')
    const policy = options.policy === undefined ? undefined : policyNamed(whole, options.policy)
    const config = configUnder(whole, policy)
    const servers = await openServers(policy)
    const exclude = [...config.backup.exclude, ...options.exclude]
    const choosing = { ...options, vm, exclude }
    const chosen = await chosenOnServers(choosing, servers, { config, say, signal })
    const backupOptions = backupOptionsOf(config, options, { world, signal })
    const plans: ServerPlan[] = []
    for (const { server, session, vms, excludeDisksOfVm } of chosen.servers) {
      const request = {
        session,
        repository: repositoryIfAny,
        vms,
        options: { ...backupOptions, excludeDisksOfVm },
        onEvent: (event: RunEvent) => event.type === 'note' && say.warn(event.message),
      }
      const own = await planBackup(request, signal)
      plans.push(...(servers.length === 1 ? own : own.map((plan) => ({ ...plan, server }))))
    }
    for (const { server, error } of chosen.unusable)
      say.warn(`nothing on ${server} can be planned: ${messageOf(error)}`)
    await out.answer(plans, (style) => describe(plans.map(named), style))
    const complete = chosen.unusable.length === 0
    return !complete || plans.some(({ action, skippedDisks }) => action === 'skip' || skippedDisks.length > 0)
      ? 'partial'
      : 'ok'
  },
})

type ServerPlan = VmPlan & { readonly server?: string }
const named = ({ server, ...plan }: ServerPlan): VmPlan =>
  server === undefined ? plan : { ...plan, vm: `${server}/${plan.vm}` }

function describe(plans: readonly VmPlan[], style: Style): string {
  if (plans.length === 0) return 'No VM is chosen.'
  const saved = plans.filter(({ action }) => action === 'backup').length
  const left = plans.length - saved
  const told = plans.flatMap((plan) => remarks(plan, style))
  const summary = `${count(saved, 'VM')} would be backed up${left === 0 ? '' : `, ${left} skipped`}`
  return [table(plans.flatMap(rowsOf), columns, style), ...(told.length > 0 ? ['', ...told] : []), '', summary].join(
    '\n',
  )
}

function rowsOf({ vm, action, reasons, disks, skippedDisks }: VmPlan): Row[] {
  const nothing = { vm, disk: undefined, capacityBytes: undefined }
  if (action === 'skip') return reasons.map(({ message }) => ({ ...nothing, action: 'skip', reason: message }))
  return [
    ...disks.map(({ label, capacityBytes, expected }) => ({
      vm,
      disk: label,
      capacityBytes,
      action: expected.mode,
      reason: expected.mode === 'full' ? expected.cause.message : 'what changed since the last restore point',
    })),
    ...skippedDisks.map(({ label, capacityBytes, cause }) => ({
      vm,
      disk: label,
      capacityBytes,
      action: 'skip',
      reason: cause.message,
    })),
  ]
}

const saidOf = ({ name, why, passedOver }: VmPlan['disks'][number]['transport']): string =>
  `${name} (${[why, ...passedOver.map((other) => `not ${other.name}: ${other.whyNot}`)].join('; ')})`

const snapshotIs = {
  crash: 'crash-consistent snapshot',
  quiesced: 'the guest is quiesced',
  application: 'the guest and its applications are quiesced by VSS',
} as const

function remarks({ vm, action, warnings, enableChangeTracking, wants, memory, disks }: VmPlan, style: Style): string[] {
  if (action === 'skip') return []
  const steps = [
    ...(enableChangeTracking ? ['change tracking is switched on'] : []),
    memory === 'off' ? snapshotIs[wants] : `${snapshotIs[wants]} with the guest's memory`,
    ...new Set(disks.map(({ transport }) => `read over ${saidOf(transport)}`)),
  ]
  return [
    `${vm}: ${steps.join(', ')}`,
    ...warnings.map(({ message }) => `${vm}: ${style.warning('warning:')} ${message}`),
  ]
}
