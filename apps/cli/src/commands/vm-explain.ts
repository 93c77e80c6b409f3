import { command } from '../command.ts'
import { count, relativeTime } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import { anyArguments, flag, text } from '../parameters.ts'
import { nameOn } from '../selection/ask-servers.ts'
import type { Explained } from '../selection/explain-vms.ts'

export const vmExplainCommand = command({
  name: 'vm explain',
  summary: 'Say of each VM whether a policy protects it, why or why not, and how old its newest restore point is',
  description:
    'A VM belongs to the first policy of the config whose selector takes it and which does not exclude it. A VM can exclude itself by a tag or a custom ' +
    'attribute "vmkeep:exclude=REASON", and disks of its own by "vmkeep:exclude-disk=scsi0:1". What cannot be backed up at all is said by "vmkeep plan". ' +
    'With several vCenters in the config and no --vcenter, all of them are asked; exit code 3 if one does not answer.',
  examples: [
    { run: 'vmkeep vm explain', does: 'every VM' },
    { run: "vmkeep vm explain 'db-*'", does: 'some of them' },
    { run: 'vmkeep vm explain --unprotected', does: 'who is missing; exit code 3 if anybody is' },
  ],
  arguments: { vm: anyArguments(text('VM'), 'names, globs, inventory paths, uuids or references') },
  options: {
    unprotected: flag({ help: 'only VMs that no policy protects and that were not excluded; exit 3 if there are any' }),
  },
  exits: ['notFound', 'partial'],
  needs: ['config', 'openServers', 'repositoryIfAny'],

  async run({ arguments: { vm }, options, config: { config }, openServers, repositoryIfAny, out, say, signal, clock }) {
    const { explainVms } = await import('../selection/explain-vms.ts')
    const servers = await openServers()
    const asking = { vm, config, servers, repository: repositoryIfAny, say, signal }
    const { vms: all, complete } = await explainVms(asking)
    const missing = all.filter(({ state }) => state === 'unselected')
    const shown = options.unprotected ? missing : all
    await out.answer(shown, (style) => describe(shown, all, clock.nowMs(), style))
    return !complete || (options.unprotected && missing.length > 0) ? 'partial' : 'ok'
  },
})

const paint = ({ state }: Explained, style: Style) =>
  state === 'protected' ? style.good : state === 'excluded' ? style.warning : style.bad

function describe(shown: readonly Explained[], asked: readonly Explained[], nowMs: number, style: Style): string {
  const columns: readonly Column<Explained>[] = [
    { title: 'VM', value: (one) => nameOn(one, one.vm) },
    { title: 'STATE', value: ({ state }) => state, paint },
    { title: 'POLICY', value: ({ policy }) => policy },
    { title: 'NEWEST POINT', value: ({ newest }) => (newest === undefined ? 'none' : relativeTime(newest, nowMs)) },
    { title: 'BECAUSE', value: ({ because }) => because },
  ]
  const all = asked.filter(({ through }) => through === undefined) // each VM once
  const of = (state: Explained['state']) => all.filter((one) => one.state === state).length
  const left = `${of('excluded')} excluded, ${of('unselected')} not selected`
  const summary = `${of('protected')} of ${count(all.length, 'VM')} protected, ${left}`
  return shown.length === 0 ? summary : [table(shown, columns, style), '', summary].join('\n')
}
