// `vmkeep restore --attach-to`: one disk, hung on a VM that is there.
import type { AttachPlan, RestoreToOtherVmRequest } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import { transportOf } from '../backup-options.ts'
import type { Restoring } from '../commands/restore.ts'
import { size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { facts } from '../output/table.ts'
import { option, text, type Values } from '../parameters.ts'
import { stateFolderOf } from '../state-folder.ts'
import { describeReport } from './describe.ts'

/** Flags of a restore of one disk to another VM. */
export const attachFlags = {
  attachTo: option(text('OTHER-VM'), { help: 'hang one disk (--disk) on this VM, which may run' }),
  as: option(text('SLOT'), { help: 'with --attach-to: where, like scsi1:2 (default: a free SCSI slot)' }),
}

export type AttachFlags = Values<typeof attachFlags>

export async function restoreToOtherVmCommand(context: Restoring, point: VmPoint): Promise<'ok' | 'damaged'> {
  const { options: chosen, out, repository, say, signal } = context
  const { planAttach, restoreToOtherVm } = await import('@vmkeep/restore')
  const request = await requestOf(context, point)
  if (chosen.dryRun) {
    const marker = { instanceId: '00000000', runId: '000000000000', vmUuid: point.instanceUuid } // nothing is made with it
    const plan = await planAttach({ ...request, marker }, signal)
    await out.answer(planAnswer(plan), (style) => describePlan(plan, style))
    return 'ok'
  }
  const { holdPoint } = await import('./hold-point.ts')
  await using _held = await holdPoint(repository, point.id, say, signal)
  const report = await restoreToOtherVm(request)
  await out.answer(report, (style) => describeReport(report, style))
  if (report.disks.every(({ damaged }) => damaged.length === 0)) return 'ok'
  say.error('parts of what was restored are lost and read as zeroes: they are listed with the result')
  return 'damaged'
}

async function requestOf(context: Restoring, point: VmPoint): Promise<RestoreToOtherVmRequest> {
  const { options: chosen, repository, world, progress, signal, clock, random } = context
  const { config } = context.config
  const { verify, allowDamaged, attachTo, as: slot, disk } = chosen
  return {
    session: await context.openSession(),
    repository,
    point,
    disk: disk[0]!,
    attachTo: attachTo!,
    slot,
    transport: transportOf(config, undefined),
    verify,
    allowDamaged,
    stateFolder: stateFolderOf(config, world),
    onEvent: progress.onEvent,
    signal,
    clock,
    random,
  }
}

const planAnswer = ({ target, disk, slot, path, warnings }: AttachPlan): object => ({
  vm: target.name,
  path: target.inventoryPath,
  disk: { label: disk.label, address: disk.address, provisionedBytes: disk.image.capacityBytes },
  slot: slot.address,
  file: path,
  warnings,
})

function describePlan({ target, disk, slot, path, place, warnings }: AttachPlan, style: Style): string {
  return [
    facts([
      ['disk', `${disk.label} (${disk.address}), ${size(disk.image.capacityBytes)}`],
      ['goes to', `${target.inventoryPath}, as ${slot.address}`],
      ['file', path],
      ['datastore', `${place.datastoreName} (${size(place.datastoreFreeBytes)} free)`],
    ]),
    ...warnings.map(({ message }) => `${style.warning('warning:')} ${message}`),
  ].join('\n')
}
