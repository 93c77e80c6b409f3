import type { DataKeyInfo, KeySlotInfo } from '@vmkeep/repository'
import { command } from '../command.ts'
import { size, time } from '../output/human.ts'
import { type Column, table } from '../output/table.ts'
import { flag } from '../parameters.ts'

interface Row extends KeySlotInfo {
  /** Whether the key given to this command is its key. */
  readonly opened: boolean
}

const columns: readonly Column<Row>[] = [
  { title: 'SLOT', value: ({ id }) => id },
  { title: 'KIND', value: ({ kind = 'damaged' }) => kind },
  { title: 'OPENS', value: ({ kind, maintenance }) => kind && (maintenance ? 'maintenance' : 'everything') },
  { title: 'DERIVED BY', value: ({ kdf, cost }) => (cost ? `${kdf}, ${cost.memoryKiB / 1024} MiB` : kdf) },
  {
    title: 'NOTE',
    value: ({ opened, damaged, recipient }) => damaged ?? (opened ? 'opened with your key' : recipient),
  },
]

const dataKeyColumns: readonly Column<DataKeyInfo>[] = [
  { title: 'DATA KEY', value: ({ generation }) => String(generation), align: 'right' },
  { title: 'DOMAIN', value: ({ domain }) => domain },
  { title: 'CREATED', value: ({ createdAt }) => time(createdAt) },
  { title: 'PACKS', value: ({ packs }) => String(packs), align: 'right' },
  { title: 'STORED', value: ({ bytes }) => size(bytes), align: 'right' },
  { title: 'NOTE', value: ({ current }) => (current ? 'seals what is new' : 'replaced') },
]

export const keyListCommand = command({
  name: 'key list',
  summary: 'List what opens the repository, and which of it your key is',
  description:
    'Every slot holds the same master key, sealed by another passphrase, recovery code, key file or public key, or only the keys of maintenance. It ends with 12 if your key opens nothing.',
  examples: [
    { run: 'vmkeep key list', does: 'slots, with the one that your key opened' },
    { run: 'vmkeep key list --data-keys', does: 'the data keys, and how much is sealed with each' },
    { run: 'VMKEEP_REPO_KEY_FILE=/root/recovery-code vmkeep key list', does: 'tests the recovery code kept in a file' },
  ],
  options: { dataKeys: flag({ help: 'list the data keys instead, and how much is sealed with each' }) },
  exits: ['damaged'],
  needs: ['config', 'openRepository'],

  async run(context) {
    if (context.options.dataKeys) {
      const dataKeys = await (await context.openRepository()).dataKeys(context.signal)
      await context.out.answer(dataKeys, (style) => table(dataKeys, dataKeyColumns, style))
      return 'ok'
    }
    const { openConfiguredKeySlots } = await import('../key-slots.ts')
    const keys = await openConfiguredKeySlots(context.config, context)
    const rows = (await keys.list(context.signal)).map((slot): Row => ({ ...slot, opened: slot.id === keys.opened }))
    await context.out.answer(rows, (style) => table(rows, columns, style))
    return rows.some(({ damaged }) => damaged !== undefined) ? 'damaged' : 'ok'
  },
})
