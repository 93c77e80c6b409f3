import type { KeySlotInfo } from '@vmkeep/repository'
import { command } from '../command.ts'
import { type Column, table } from '../output/table.ts'

interface Row extends KeySlotInfo {
  /** Whether the key given to this command is its key. */
  readonly opened: boolean
}

const columns: readonly Column<Row>[] = [
  { title: 'SLOT', value: ({ id }) => id },
  { title: 'KIND', value: ({ kind = 'damaged' }) => kind },
  { title: 'DERIVED BY', value: ({ kdf, cost }) => kdf && `${kdf}, ${cost!.memoryKiB / 1024} MiB` },
  { title: 'NOTE', value: ({ opened, damaged }) => damaged ?? (opened ? 'opened with your key' : undefined) },
]

export const keyListCommand = command({
  name: 'key list',
  summary: 'List what opens the repository, and which of it your key is',
  description:
    'Every slot holds the same master key, sealed by another passphrase or recovery code. This also tests a key: it ends with 12 if the key opens nothing.',
  examples: [
    { run: 'vmkeep key list', does: 'slots, with the one that your key opened' },
    { run: 'VMKEEP_REPO_KEY_FILE=/root/recovery-code vmkeep key list', does: 'tests the recovery code kept in a file' },
  ],
  exits: ['damaged'],
  needs: ['config'],

  async run(context) {
    const { openConfiguredKeySlots } = await import('../key-slots.ts')
    const keys = await openConfiguredKeySlots(context.config, context)
    const rows = (await keys.list(context.signal)).map((slot): Row => ({ ...slot, opened: slot.id === keys.opened }))
    await context.out.answer(rows, (style) => table(rows, columns, style))
    return rows.some(({ damaged }) => damaged !== undefined) ? 'damaged' : 'ok'
  },
})
