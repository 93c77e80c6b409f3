import type { Vm, VmDisk } from '@vmkeep/vsphere'
import { command } from '../command.ts'
import { count, size, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, facts, table } from '../output/table.ts'
import { argument, text } from '../parameters.ts'

/** What speaks against backing something up: every reason there is. */
interface Obstacle {
  readonly code: string
  readonly sentence: string
}

type DiskRow = Pick<VmDisk, 'label' | 'address' | 'capacityBytes' | 'fileName' | 'thinProvisioned'> & {
  readonly obstacles: readonly Obstacle[]
}

const columns: readonly Column<DiskRow>[] = [
  { title: 'DISK', value: ({ label }) => label },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'PROVISIONED', value: ({ capacityBytes }) => size(capacityBytes), align: 'right' },
  {
    title: 'BACKUP',
    value: ({ obstacles }) => (obstacles.length === 0 ? 'yes' : 'no'),
    paint: ({ obstacles }, style) => (obstacles.length === 0 ? style.good : style.bad),
  },
  { title: 'FILE', value: ({ fileName }) => fileName },
]

export const vmShowCommand = command({
  name: 'vm show',
  summary: 'Show a VM: its disks, snapshots, and what stands in the way of a backup',
  examples: [
    { run: 'vmkeep vm show web-01', does: 'by name' },
    { run: "vmkeep vm show '/DC/vm/prod/web-01' -o yaml", does: 'by inventory path, with all details' },
  ],
  arguments: { vm: argument(text('VM'), 'a name, inventory path, uuid or reference') },
  exits: ['notFound'],
  needs: ['session'],

  async run({ arguments: { vm: selector }, session, out, signal }) {
    const { readVm, resolveVm, warningsOf, whyNotDisk, whyNotVm } = await import('@vmkeep/vsphere')
    const { ref } = await resolveVm(session, selector, signal)
    // The raw configuration says little to people and is large; everything of it that counts here has its own name.
    const { config: _config, devices: _devices, disks, ...vm } = await readVm(session, ref, signal)
    const rows = disks.map(({ device: _device, ...disk }) => ({ ...disk, obstacles: whyNotDisk(disk as VmDisk, vm) }))
    const whole = { ...vm, config: _config, devices: _devices, disks } as Vm
    const told = { obstacles: whyNotVm(whole), warnings: warningsOf(whole) }
    await out.answer({ ...vm, disks: rows, ...told }, (style) => describe(whole, rows, told, style))
    return 'ok'
  },
})

function describe(
  vm: Vm,
  disks: readonly DiskRow[],
  told: { obstacles: readonly Obstacle[]; warnings: readonly Obstacle[] },
  style: Style,
): string {
  const { changeTracking: tracking, snapshots } = vm
  const about = facts([
    ['vm', `${vm.name} (${vm.ref.value})`],
    ['path', vm.inventoryPath],
    ['instance uuid', vm.instanceUuid],
    ['power', vm.powerState],
    ['host', vm.host?.name],
    ['hardware', vm.hardwareVersion],
    ['tools', vm.toolsRunning ? 'running' : 'not running'],
    ['change tracking', tracking.enabled ? 'on' : tracking.supported ? 'off' : 'not supported'],
    ['snapshots', snapshots.length === 0 ? 'none' : count(snapshots.length, 'snapshot')],
    [
      'datastores',
      vm.datastores.map(({ name, type, freeBytes }) => `${name} (${type}, ${size(freeBytes)} free)`).join(', '),
    ],
  ])
  return [
    about,
    ...snapshots.map(({ name, createdAt, depth }) => `  ${'  '.repeat(depth)}${name}, ${time(createdAt)}`),
    '',
    table(disks, columns, style),
    ...told.obstacles.map(({ sentence }) => `${style.bad('no backup:')} ${sentence}`),
    ...disks.flatMap(({ label, obstacles }) =>
      obstacles.map(({ sentence }) => `${style.bad(`${label} is left out:`)} ${sentence}`),
    ),
    ...told.warnings.map(({ sentence }) => `${style.warning('warning:')} ${sentence}`),
  ].join('\n')
}
