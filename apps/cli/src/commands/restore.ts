import type { DiskRestoreReport, RestoreReport } from '@vmkeep/restore'
import { command } from '../command.ts'
import { count, length, relativeTime, size, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { choice, flag, folder, option, optionalArgument, options, pair, text } from '../parameters.ts'
import { stateFolderOf } from '../state-folder.ts'

const auto = ['auto', 'yes', 'no'] as const

export const restoreCommand = command({
  name: 'restore',
  summary: 'Get a VM or its disks back from a restore point',
  description:
    'As files (--to-files): needs the repository only, no vCenter. As a new VM (--to-vsphere): the original, if it lives, is never touched. ' +
    'The newest restore point is taken unless --point names another. Every disk is read back and compared with the restore point before it counts as restored.',
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
  ],
  arguments: {
    vm: optionalArgument(text('VM'), 'the VM as it was called, or its instance uuid; not needed with --point'),
  },
  options: {
    point: option(text('POINT'), {
      help: 'which restore point: its id or the beginning of it (default: the newest of the VM)',
    }),
    toFiles: option(folder, { help: 'write the disks into this folder; nothing in it is overwritten' }),
    toVsphere: flag({ help: 'make a new VM in the chosen vCenter or ESXi host' }),
    disk: options(text('DISK'), { help: 'only this disk, by label, address (scsi0:1) or key' }),
    verify: flag({ negated: true, help: 'do not read the disks back and compare them' }),
    format: option(choice(['streamOptimized', 'monolithicSparse', 'monolithicFlat', 'raw']), {
      fallback: 'monolithicSparse',
      help: 'with --to-files: the kind of VMDK, or raw',
    }),
    name: option(text('NAME'), { help: "the new VM's name (default: the original's with the date)" }),
    folder: option(text('PATH'), { help: "the new VM's folder (default: the original's)" }),
    resourcePool: option(text('PATH'), { help: "the new VM's resource pool" }),
    host: option(text('HOST'), { help: 'the ESXi host to put it on' }),
    datastore: option(text('DATASTORE'), { help: "where its disks go (default: the original's)" }),
    network: options(pair('OLD=NEW'), { help: 'which network takes the place of one it had' }),
    identity: option(choice(['auto', 'keep', 'new']), {
      fallback: 'auto',
      help: 'MAC addresses and BIOS uuid: auto keeps them unless another VM has them',
    }),
    connect: option(choice(auto), {
      fallback: 'auto',
      help: 'connect its network cards at power-on: auto only if the original is gone',
    }),
    powerOn: flag({ help: 'switch the new VM on' }),
  },
  exits: ['notFound', 'conflict', 'damaged'],
  needs: ['config', 'repository', 'openSession'],

  check({ arguments: { vm }, options: { point, toFiles, toVsphere } }) {
    if (vm === undefined && point === undefined) return 'name the VM, or a restore point with --point'
    const isOne = (toFiles !== undefined) !== toVsphere
    return isOne ? undefined : 'say where to: --to-files FOLDER or --to-vsphere, one of them'
  },

  async run(context) {
    const { arguments: given, options: flags, repository, out, say, signal, clock } = context
    const { choosePoint } = await import('../restore-points.ts')
    const point = await choosePoint(repository, { vm: given.vm, point: flags.point }, signal)
    say.info(
      `restoring ${point.name} as of ${time(point.createdAt)} (${relativeTime(point.createdAt, clock.nowMs())}), restore point ${point.id}`,
    )
    for (const { label, cause } of point.skippedDisks)
      say.warn(`${label} is not in this restore point: ${cause.message}`)

    const report = flags.toFiles === undefined ? await toVsphere() : await toFiles(flags.toFiles)
    await out.answer(report, (style) => describe(report, style))
    return 'ok'

    async function toFiles(target: string): Promise<RestoreReport> {
      const { restoreToFiles } = await import('@vmkeep/restore')
      const { format, disk: disks, verify } = flags
      return restoreToFiles({
        repository,
        point,
        folder: target,
        format,
        disks,
        verify,
        onEvent: context.progress.onEvent,
        signal,
      })
    }

    async function toVsphere(): Promise<RestoreReport> {
      const { restoreToVsphere } = await import('@vmkeep/restore')
      const { config } = context.config
      return restoreToVsphere({
        session: await context.openSession(),
        repository,
        point,
        destination: destinationOf(flags),
        transport: { name: config.backup.transport, compression: config.backup.compression },
        verify: flags.verify,
        powerOn: flags.powerOn,
        stateFolder: stateFolderOf(config, context.world),
        onEvent: context.progress.onEvent,
        signal,
        clock,
        random: context.random,
      })
    }
  },
})

interface DestinationFlags {
  readonly name: string | undefined
  readonly folder: string | undefined
  readonly resourcePool: string | undefined
  readonly host: string | undefined
  readonly datastore: string | undefined
  readonly network: readonly (readonly [string, string])[]
  readonly identity: 'auto' | 'keep' | 'new'
  readonly connect: (typeof auto)[number]
  readonly disk: readonly string[]
}

function destinationOf({
  name,
  folder: path,
  resourcePool,
  host,
  datastore,
  network,
  identity,
  connect,
  disk,
}: DestinationFlags) {
  const places = { name, folder: path, resourcePool, host, datastore }
  const given = Object.entries(places).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(given) as { [K in keyof typeof places]?: string }),
    networkMap: Object.fromEntries(network),
    identity,
    connectNetworks: connect,
    disks: disk,
  }
}

const columns: readonly Column<DiskRestoreReport>[] = [
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

function describe({ vm, target, disks, files, warnings, seconds }: RestoreReport, style: Style): string {
  return [
    table(disks, columns, style),
    ...files.map((path) => `file ${path}`),
    ...warnings.map(({ message }) => `${style.warning('warning:')} ${message}`),
    '',
    `${vm}: ${count(disks.length, 'disk')} restored to ${target} in ${length(seconds * 1000)}`,
  ].join('\n')
}
