import type { DomainInfo } from '@vmkeep/repository'
import { command } from '../command.ts'
import { time } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'

const columns: readonly Column<DomainInfo>[] = [
  { title: 'DOMAIN', value: ({ name }) => name },
  { title: 'CREATED', value: ({ createdAt }) => createdAt && time(createdAt) },
  { title: 'ERASED', value: ({ erasedAt }) => erasedAt && time(erasedAt) },
]

export const domainListCommand = command({
  name: 'domain list',
  summary: 'List the domains of the repository, those that were erased included',
  examples: [{ run: 'vmkeep domain list', does: 'names and dates' }],
  needs: ['repository'],

  async run({ repository, out, signal }) {
    const domains = await repository.domains(signal)
    await out.answer(domains, (style) =>
      domains.length === 0
        ? 'There are no domains. "vmkeep domain create NAME" makes one.'
        : table(domains, columns, style),
    )
    return 'ok'
  },
})
