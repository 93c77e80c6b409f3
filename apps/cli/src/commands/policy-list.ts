import { command } from '../command.ts'
import { type Column, table } from '../output/table.ts'
import type { PolicyConfig } from '../selection/policies.ts'

const columns: readonly Column<PolicyConfig>[] = [
  { title: 'POLICY', value: ({ name }) => name },
  { title: 'SELECTS', value: ({ select }) => select },
  { title: 'BUT NOT', value: ({ exclude }) => exclude },
  { title: 'ONLY ON', value: ({ vcenters }) => vcenters?.join(', ') },
  { title: 'COPIES TO', value: ({ copyTo }) => copyTo?.join(', ') },
]

export const policyListCommand = command({
  name: 'policy list',
  summary: 'List the policies of the config, in the order in which they take VMs',
  examples: [{ run: 'vmkeep policy list', does: 'names and selectors' }],
  needs: ['config'],

  async run({ config: { config }, out }) {
    const { selectionsOf } = await import('../selection/policies.ts')
    selectionsOf(config) // a selector that is not understood is said here, and not at night
    const { policies } = config
    await out.answer(policies, (style) =>
      policies.length === 0 ? 'The config has no policies.' : table(policies, columns, style),
    )
    return 'ok'
  },
})
