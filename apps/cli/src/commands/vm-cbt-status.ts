import { command } from '../command.ts'
import { facts, type Column, table } from '../output/table.ts'
import { argument, text } from '../parameters.ts'

interface Row {
  readonly label: string
  readonly address: string
  readonly changeId: string | undefined
}

const columns: readonly Column<Row>[] = [
  { title: 'DISK', value: ({ label }) => label },
  { title: 'ADDRESS', value: ({ address }) => address },
  {
    title: 'TRACKED',
    value: ({ changeId }) => (changeId === undefined ? 'no' : 'yes'),
    paint: ({ changeId }, style) => (changeId === undefined ? style.warning : style.good),
  },
  { title: 'CHANGE ID', value: ({ changeId = '' }) => changeId },
]

export const vmCbtStatusCommand = command({
  name: 'vm cbt status',
  summary: 'Show whether vSphere tracks the changes of a VM, disk by disk',
  description:
    'The change id is where tracking stands now. A disk of a VM that is on may show none until its next snapshot; a backup asks the snapshot.',
  examples: [{ run: 'vmkeep vm cbt status web-01', does: 'by name' }],
  arguments: { vm: argument(text('VM'), 'a name, inventory path, uuid or reference') },
  exits: ['notFound'],
  needs: ['session'],

  async run({ arguments: { vm: selector }, session, out, signal }) {
    const { readVm, resolveVm } = await import('@vmkeep/vsphere')
    const { ref } = await resolveVm(session, selector, signal)
    const { name, changeTracking, snapshots, disks } = await readVm(session, ref, signal)
    const rows = disks.map(({ label, address, changeId }) => ({ label, address, changeId: changeId || undefined }))
    await out.answer({ vm: name, ...changeTracking, snapshots: snapshots.length, disks: rows }, (style) =>
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
      ].join('\n'),
    )
    return 'ok'
  },
})
