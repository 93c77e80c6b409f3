import { command } from '../command.ts'
import { facts, type Column, table } from '../output/table.ts'
import { argument, text } from '../parameters.ts'

interface Row {
  readonly label: string
  readonly address: string
  readonly changeId: string | undefined
  /** vSphere's answers may be wrong. */
  readonly doubted: boolean
}

const columns: readonly Column<Row>[] = [
  { title: 'DISK', value: ({ label }) => label },
  { title: 'ADDRESS', value: ({ address }) => address },
  {
    title: 'TRACKED',
    value: ({ changeId, doubted }) => (changeId === undefined ? 'no' : doubted ? 'in doubt' : 'yes'),
    paint: ({ changeId, doubted }, style) => (changeId === undefined || doubted ? style.warning : style.good),
  },
  { title: 'CHANGE ID', value: ({ changeId = '' }) => changeId },
]

export const vmCbtStatusCommand = command({
  name: 'vm cbt status',
  summary: 'Show whether vSphere tracks the changes of a VM, disk by disk',
  description:
    'The change id is where tracking stands now. A disk of a VM that is on may show none until its next snapshot; a backup asks the snapshot. ' +
    'Tracking that was switched on beside a snapshot that is still there is in doubt: a backup reads such disks whole.',
  examples: [{ run: 'vmkeep vm cbt status web-01', does: 'by name' }],
  arguments: { vm: argument(text('VM'), 'a name, inventory path, uuid or reference') },
  exits: ['notFound'],
  needs: ['session'],

  async run({ arguments: { vm: selector }, session, out, signal }) {
    const { readVm, resolveVm } = await import('@vmkeep/vsphere')
    const { ref } = await resolveVm(session, selector, signal)
    const { doubtedDisks, warningsOfDoubted } = await import('@vmkeep/backup')
    const vm = await readVm(session, ref, signal)
    const { name, changeTracking, snapshots, disks } = vm
    const inDoubt = await doubtedDisks({ session, signal }, vm, disks, undefined)
    const warnings = warningsOfDoubted(inDoubt)
    const rows = disks.map((disk) => {
      const { label, address, changeId } = disk
      return { label, address, changeId: changeId || undefined, doubted: inDoubt.includes(disk) }
    })
    await out.answer({ vm: name, ...changeTracking, snapshots: snapshots.length, disks: rows, warnings }, (style) =>
      [
        facts([
          ['vm', name],
          ['change tracking', changeTracking.enabled ? 'on' : changeTracking.supported ? 'off' : 'not supported'],
          [
            'snapshots',
            snapshots.length === 0 ? 'none' : `${snapshots.length}: it cannot be switched while they are there`,
          ],
        ]),
        '',
        table(rows, columns, style),
        ...warnings.map(({ message }) => `${style.warning('warning:')} ${message}`),
      ].join('\n'),
    )
    return 'ok'
  },
})
