import type { AuditedDisk, AuditReport } from '@vmkeep/backup'
import { totalBytes } from '@vmkeep/disk'
import { guardsOf, transportOf } from '../backup-options.ts'
import { command } from '../command.ts'
import { size } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { stateFolderOf } from '../state-folder.ts'
import { trackedVm } from '../switch-tracking.ts'

const columns: readonly Column<AuditedDisk>[] = [
  { title: 'DISK', value: ({ label }) => label },
  { title: 'COMPARED', value: ({ checkedBytes }) => size(checkedBytes), align: 'right' },
  {
    title: 'DIFFERS',
    value: ({ differing, notAudited }) => (notAudited === undefined ? size(totalBytes(differing)) : ''),
    paint: ({ differing }, style) => (differing.length > 0 ? style.bad : style.good),
    align: 'right',
  },
  { title: 'REMARK', value: remarkOf },
]

function remarkOf({ differing, notAudited }: AuditedDisk): string {
  if (notAudited !== undefined) return `not audited: ${notAudited.message}`
  return differing.length === 0 ? '' : `from byte ${differing[0]!.offsetBytes} on`
}

export const vmCbtAuditCommand = command({
  name: 'vm cbt audit',
  summary: 'Prove the change tracking of a VM: compare all it calls unchanged with the last restore point',
  description:
    'Takes a short snapshot, reads all that is called unchanged, and compares it with what the repository holds. Stores nothing, and spares slow datastores as a backup does. ' +
    'A difference means that restore points may lack changes: the exit code is then 8. ' +
    'Every backup does the same with a part of each disk (backup.auditDays).',
  examples: [
    { run: 'vmkeep vm cbt audit web-01', does: 'all disks of a VM' },
    { run: 'vmkeep vm cbt audit web-01 -o json', does: 'with every place that differs' },
  ],
  arguments: trackedVm,
  exits: ['partial', 'notFound', 'conflict', 'precondition', 'damaged'],
  needs: ['config', 'repository', 'session'],

  async run({ arguments: { vm: selector }, config: { config }, repository, session, out, progress, ...given }) {
    const { signal, clock, random, world } = given
    const { resolveVm } = await import('@vmkeep/vsphere')
    const { auditVm } = await import('@vmkeep/backup')
    const report = await auditVm({
      session,
      repository,
      vm: await resolveVm(session, selector, signal),
      transport: transportOf(config, undefined),
      guards: guardsOf(config.backup),
      stateFolder: stateFolderOf(config, world),
      onEvent: progress.onEvent,
      signal,
      clock,
      random,
    })
    await out.answer(report, (style) => describe(report, style))
    if (!report.honest) return 'damaged'
    const whole = report.disks.every(({ notAudited }) => notAudited === undefined)
    return whole && report.leftover === undefined ? 'ok' : 'partial'
  },
})

function describe({ vm, point, honest, disks }: AuditReport, style: Style): string {
  const verdict = honest
    ? `${vm}: nothing differs from point ${point ?? '(none)'} that is called unchanged`
    : `${style.bad(`${vm}: change tracking lies`)}: point ${point} and those before it may lack changes. ` +
      `Start tracking anew with "vmkeep vm cbt reset ${vm}", then back up`
  return [table(disks, columns, style), '', verdict].join('\n')
}
