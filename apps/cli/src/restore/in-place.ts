// `vmkeep restore --in-place`: the one restore that takes something away, so that it says what and asks before.
import type { InPlaceTrial, RestoreInPlaceRequest } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import type { Restoring } from '../commands/restore.ts'
import { fail } from '../errors.ts'
import { size, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { stateFolderOf } from '../state-folder.ts'
import { askText } from '../terminal/ask.ts'
import { transportOf } from '../backup-options.ts'
import { describeReport } from './describe.ts'

export async function restoreInPlaceCommand(context: Restoring, point: VmPoint): Promise<'ok' | 'damaged'> {
  const { options: chosen, out, repository, say, signal } = context
  const { restoreInPlace, restoreNvramInPlace, tryInPlace } = await import('@vmkeep/restore')
  const request = await requestOf(context, point)
  if (chosen.dryRun) {
    const trial = await tryInPlace(request)
    await out.answer(trialAnswer(trial), (style) => describeTrial(trial, style))
    return 'ok'
  }
  await confirm(context, point)
  const { holdPoint } = await import('./hold-point.ts')
  await using _held = await holdPoint(repository, point.id, say, signal)
  const report = await (chosen.homeFile.length > 0 ? restoreNvramInPlace(request) : restoreInPlace(request))
  await out.answer(report, (style) => describeReport(report, style))
  if (report.disks.every(({ damaged }) => damaged.length === 0)) return 'ok'
  say.error('parts of what was restored are lost and read as zeroes: they are listed with the result')
  return 'damaged'
}

async function confirm({ options: chosen, say, world, signal }: Restoring, point: VmPoint): Promise<void> {
  const { confirm: given, homeFile } = chosen
  const [what, lost] = homeFile.length > 0 ? ['nvram', 'the firmware settings'] : ['disks', 'everything']
  say.warn(`${lost} that ${point.name} has written since ${time(point.createdAt)} will be lost`)
  const question = `Type the name of the VM to overwrite its ${what}`
  const typed = given ?? (await askText(world, { question, instead: `add --confirm ${point.name}`, signal }))
  if (typed !== point.name) throw fail('cli.declined', { what: `"${typed}" is not "${point.name}"` })
}

async function requestOf(context: Restoring, point: VmPoint): Promise<RestoreInPlaceRequest> {
  const { options: chosen, repository, world, progress, signal, clock, random } = context
  const { config } = context.config
  const { compareAll, powerOff, powerOn, verify, allowDamaged, disk: disks } = chosen
  return {
    session: await context.openSession(),
    repository,
    point,
    disks,
    compareAll,
    powerOff,
    powerOn,
    verify,
    allowDamaged,
    transport: transportOf(config, undefined),
    stateFolder: stateFolderOf(config, world),
    onEvent: progress.onEvent,
    signal,
    clock,
    random,
  }
}

type TrialDisk = InPlaceTrial['disks'][number]

const looks = ({ planned: { method } }: TrialDisk): string =>
  method.by === 'compare'
    ? `all of it: ${method.cause.message}`
    : method.goesOn
      ? 'what changed since: an earlier restore did not finish'
      : 'what changed since'

const columns: readonly Column<TrialDisk>[] = [
  { title: 'DISK', value: ({ planned }) => planned.disk.label },
  { title: 'PROVISIONED', value: ({ planned }) => size(planned.current.capacityBytes), align: 'right' },
  { title: 'COMPARED', value: ({ would }) => (would ? size(would.comparedBytes) : '-'), align: 'right' },
  { title: 'WRITTEN', value: ({ would }) => (would ? size(would.writtenBytes) : '-'), align: 'right' },
  { title: 'LOOKS AT', value: looks },
]

function describeTrial({ plan, disks }: InPlaceTrial, style: Style): string {
  const running =
    plan.vm.powerState === 'poweredOff'
      ? []
      : [`${plan.vm.name} runs: how much would be written can be told once it is off`]
  return [
    `${plan.vm.name} would be overwritten at ${plan.vm.inventoryPath}`,
    table(disks, columns, style),
    ...running,
    ...plan.warnings.map(({ message }) => `${style.warning('warning:')} ${message}`),
  ].join('\n')
}

const trialAnswer = ({ plan, disks }: InPlaceTrial): object => ({
  vm: plan.vm.name,
  path: plan.vm.inventoryPath,
  disks: disks.map(({ planned: { disk, current, method }, would }) => ({
    label: disk.label,
    address: disk.address,
    file: current.fileName,
    provisionedBytes: current.capacityBytes,
    method,
    ...would,
  })),
  warnings: plan.warnings,
})
