import { collect } from '@vmkeep/kit'
import type { Session, VmSummary } from '@vmkeep/vsphere'
import { command } from '../command.ts'
import { size } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, flag, text } from '../parameters.ts'
import { nameOn } from '../selection/ask-servers.ts'

type Row = VmSummary & { readonly server?: string }

const columns: readonly Column<Row>[] = [
  { title: 'NAME', value: (vm) => nameOn(vm, vm.name) },
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
  summary: 'List the VMs of the vCenters and ESXi hosts',
  description:
    'With several vCenters and ESXi hosts in the config and no --vcenter, those of all of them; exit code 3 if one does not answer.',
  examples: [
    { run: 'vmkeep vm list', does: 'every VM' },
    { run: "vmkeep vm list 'db-*' --templates", does: 'by name, templates too' },
    { run: 'vmkeep vm list -o json', does: 'with uuids and references, sizes in bytes' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names, globs, inventory paths, uuids or references') },
  options: { templates: flag({ help: 'templates too' }) },
  exits: ['notFound', 'partial'],
  needs: ['openServers'],

  async run({ arguments: { vm }, options, openServers, out, say, signal }) {
    const { listVms } = await import('@vmkeep/vsphere')
    const { selectVms } = await import('../selection/select-vms.ts')
    const { askServers } = await import('../selection/ask-servers.ts')
    const servers = await openServers()
    const isOne = servers.length === 1 && vm.length > 0 // it says what was perhaps meant
    const ask = async (_: string, session: Session) =>
      isOne
        ? (await selectVms(session, { include: vm, exclude: [] }, signal)).vms
        : (await collect(listVms(session, signal))).toSorted(byPath)
    const asking = { servers, names: vm, ask, summaryOf: (summary: VmSummary) => summary, say, signal }
    const { found, complete } = await askServers(asking)
    const shown = options.templates ? found : found.filter(({ template }) => !template)
    const asked = servers.map(({ server }) => server).join(', ')
    await out.answer(shown, (style) =>
      shown.length === 0 ? `${asked} has no VMs this account can see.` : table(shown, columns, style),
    )
    return complete ? 'ok' : 'partial'
  },
})
