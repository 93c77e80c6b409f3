import type { Mapped, RestorePlan, RestoreReport } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import { transportOf } from '../backup-options.ts'
import { command, type Context } from '../command.ts'
import { relativeTime, time } from '../output/human.ts'
import { type Arguments, choice, flag, folder, option, optionalArgument, options, text } from '../parameters.ts'
import { attachFlags } from '../restore/attach.ts'
import { describePlan, describeReport, planAnswer } from '../restore/describe.ts'
import { destinationFlags, destinationOf } from '../restore/destination.ts'
import { inPlaceFlags } from '../restore/in-place-flags.ts'
import { describeMapped, mappedBy } from '../restore/rules.ts'
import { whyNotTarget } from '../restore/target.ts'
import { stateFolderOf } from '../state-folder.ts'

const flags = {
  point: option(text('POINT'), {
    help: 'which restore point: its id or the beginning of it (default: the newest of the VM)',
  }),
  toFiles: option(folder, { help: 'write the disks into this folder; nothing in it is overwritten' }),
  toVsphere: flag({ help: 'make a new VM in the chosen vCenter or ESXi host' }),
  ...inPlaceFlags,
  ...attachFlags,
  dryRun: flag({ help: 'show what would be done, and do nothing; not with --to-files' }),
  disk: options(text('DISK'), { help: 'only this disk, by label, address (scsi0:1) or key' }),
  homeFile: options(choice(['vmx', 'nvram']), {
    help: 'only this file of the VM: with --to-files; nvram also with --in-place, into the VM while it is off',
  }),
  allowDamaged: flag({
    help: 'go on where parts of a disk are lost in the repository: they become zeroes, and are listed',
  }),
  verify: flag({ negated: true, help: 'do not read the disks back and compare them' }),
  format: option(choice(['streamOptimized', 'monolithicSparse', 'monolithicFlat', 'raw']), {
    fallback: 'monolithicSparse',
    help: 'with --to-files: the kind of VMDK, or raw',
  }),
  ...destinationFlags,
}

export type Restoring = Context<typeof flags, Arguments, 'config' | 'repository' | 'openSession'>

export const restoreCommand = command({
  name: 'restore',
  summary: 'Get a VM or its disks back from a restore point',
  description:
    'As files (--to-files): needs the repository only, no vCenter. As a new VM (--to-vsphere): the original, if it lives, is never touched. ' +
    'In place (--in-place): the disks of the VM itself are taken back, by writing only what changed since; everything since the restore point is lost. ' +
    'One disk to another VM (--attach-to): it is made and compared on a temporary VM, then hung on the other one, which may run. ' +
    'The newest restore point is taken unless --point names another. Every disk is read back and compared with the restore point before it counts as restored. ' +
    'Where parts of a restore point are lost, nothing is restored unless --allow-damaged is given.',
  examples: [
    {
      run: 'vmkeep restore web-01 --to-vsphere --name web-01-restored',
      does: 'the newest point as a new VM beside the original',
    },
    { run: 'vmkeep restore web-01 --to-files /tmp/out', does: 'its disks as VMDK files, with its configuration' },
    {
      run: 'vmkeep restore --point 3f2a --to-files /tmp/out --format raw --disk scsi0:1',
      does: 'one disk of one point, as raw bytes',
    },
    {
      run: 'vmkeep restore web-01 --to-vsphere --datastore fast --network "VM Network=DMZ" --power-on',
      does: 'somewhere else',
    },
    {
      run: 'vmkeep restore web-01 --in-place --dry-run',
      does: 'how much would be written to take the VM back to its newest point',
    },
    {
      run: 'vmkeep restore web-01 --point 3f2a --in-place --power-off --power-on',
      does: 'takes the VM itself back, and starts it',
    },
    {
      run: 'vmkeep restore web-01 --disk scsi0:1 --attach-to db-01 --as scsi1:2',
      does: 'one disk, hung on another VM to look into it',
    },
  ],
  arguments: {
    vm: optionalArgument(text('VM'), 'the VM as it was called, or its instance uuid; not needed with --point'),
  },
  options: flags,
  exits: ['notFound', 'conflict', 'damaged'],
  needs: ['config', 'repository', 'openSession'],

  check({ arguments: { vm }, options: chosen }) {
    if (vm === undefined && chosen.point === undefined) return 'name the VM, or a restore point with --point'
    return whyNotTarget(chosen)
  },

  async run(context) {
    const { arguments: given, options: chosen, repository, out, say, signal, clock } = context
    const { choosePoint } = await import('../restore/restore-points.ts')
    const point = await choosePoint(repository, { vm: given.vm, point: chosen.point }, signal)
    const age = relativeTime(point.createdAt, clock.nowMs())
    say.info(`restoring ${point.name} as of ${time(point.createdAt)} (${age}), restore point ${point.id}`)
    for (const { label, cause } of point.skippedDisks)
      say.warn(`${label} is not in this restore point: ${cause.message}`)
    const { warnOfNoise } = await import('../verify/tell-noise.ts')
    if (chosen.homeFile.length === 0) await warnOfNoise(repository, point, { say, signal })
    if (chosen.inPlace) {
      const { restoreInPlaceCommand } = await import('../restore/in-place.ts')
      return restoreInPlaceCommand(context, point)
    }
    if (chosen.attachTo !== undefined) {
      const { restoreToOtherVmCommand } = await import('../restore/attach.ts')
      return restoreToOtherVmCommand(context, point)
    }
    if (chosen.dryRun) {
      const mapped = await mappedBy(chosen, context.config.config, point)
      const told = mapped.map((one) => describeMapped(one, chosen.rules!))
      const plan = await planOnly(context, point, mapped)
      await out.answer(planAnswer(plan, mapped), (style) => describePlan(plan, told, style))
    } else {
      const { holdPoint } = await import('../restore/hold-point.ts')
      await using _held = await holdPoint(repository, point.id, say, signal)
      const report = await (chosen.toVsphere ? toVsphere(context, point) : toFiles(context, point, chosen.toFiles!))
      await out.answer(report, (style) => describeReport(report, style))
      if (report.disks.some(({ damaged }) => damaged.length > 0)) {
        say.error('parts of what was restored are lost and read as zeroes: they are listed with the result')
        return 'damaged'
      }
    }
    return 'ok'
  },
})

async function toFiles(
  { options: chosen, repository, progress, signal }: Restoring,
  point: VmPoint,
  target: string,
): Promise<RestoreReport> {
  const { restoreToFiles } = await import('@vmkeep/restore')
  const { format, disk: disks, verify, allowDamaged } = chosen
  const { homeFile } = chosen
  const how = { format, disks, verify, allowDamaged, ...(homeFile.length > 0 && { homeFiles: homeFile }) }
  return restoreToFiles({ repository, point, folder: target, ...how, onEvent: progress.onEvent, signal })
}

async function toVsphere(context: Restoring, point: VmPoint): Promise<RestoreReport> {
  const { restoreToVsphere } = await import('@vmkeep/restore')
  const { options: chosen, repository, world, progress, signal, clock, random } = context
  const { config } = context.config
  const mapped = await mappedBy(chosen, config, point)
  for (const one of mapped) context.say.info(describeMapped(one, chosen.rules!))
  return restoreToVsphere({
    session: await context.openSession(),
    repository,
    point,
    destination: destinationOf(chosen, chosen.disk, mapped),
    transport: transportOf(config, undefined),
    verify: chosen.verify,
    allowDamaged: chosen.allowDamaged,
    powerOn: chosen.powerOn,
    stateFolder: stateFolderOf(config, world),
    onEvent: progress.onEvent,
    signal,
    clock,
    random,
  })
}

/** The planner of the restore itself. Its marker never leaves this function, so it need not be a real one. */
async function planOnly(
  { options: chosen, repository, openSession, signal }: Restoring,
  point: VmPoint,
  mapped: readonly Mapped[],
): Promise<RestorePlan> {
  const { planRestore } = await import('@vmkeep/restore')
  const marker = { instanceId: '00000000', runId: '000000000000', vmUuid: point.instanceUuid }
  const destination = destinationOf(chosen, chosen.disk, mapped)
  return planRestore({ session: await openSession(), repository, point, destination, marker }, signal)
}
