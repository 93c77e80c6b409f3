import { collect } from '@vmkeep/kit'
import type { VmSummary } from '@vmkeep/vsphere'
import { command } from '../command.ts'
import { size } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, flag, text } from '../parameters.ts'

const columns: readonly Column<VmSummary>[] = [
  { title: 'NAME', value: ({ name }) => name },
  {
    title: 'POWER',
    value: ({ powerState, template }) => (template ? 'template' : powerState?.replace('powered', '').toLowerCase()),
  },
  { title: 'HOST', value: ({ hostName }) => hostName },
  { title: 'PROVISIONED', value: ({ provisionedBytes }) => sizeOf(provisionedBytes), align: 'right' },
  { title: 'USED', value: ({ usedBytes }) => sizeOf(usedBytes), align: 'right' },
  { title: 'GUEST', value: ({ guestFullName }) => guestFullName },
  { title: 'PATH', value: ({ inventoryPath }) => inventoryPath },
]

const byPath = (a: VmSummary, b: VmSummary) => a.inventoryPath.localeCompare(b.inventoryPath)
const sizeOf = (bytes: number | undefined) => (bytes === undefined ? undefined : size(bytes))

export const vmListCommand = command({
  name: 'vm list',
  summary: 'List the VMs of a vCenter or ESXi host',
  examples: [
    { run: 'vmkeep vm list', does: 'every VM' },
    { run: "vmkeep vm list 'db-*' --templates", does: 'by name, templates too' },
    { run: 'vmkeep vm list -o json', does: 'with uuids and references, sizes in bytes' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names, globs, inventory paths, uuids or references') },
  options: { templates: flag({ help: 'templates too' }) },
  exits: ['notFound'],
  needs: ['session'],

  async run({ arguments: { vm }, options, session, out, signal }) {
    const { listVms } = await import('@vmkeep/vsphere')
    const { selectVms } = await import('../selection/select-vms.ts')
    const everything = async () => (await collect(listVms(session, signal))).toSorted(byPath)
    const all =
      vm.length === 0 ? await everything() : (await selectVms(session, { include: vm, exclude: [] }, signal)).vms
    const shown = options.templates ? all : all.filter(({ template }) => !template)
    await out.answer(shown, (style) =>
      shown.length === 0 ? `${session.host} has no VMs this account can see.` : table(shown, columns, style),
    )
    return 'ok'
  },
})
