import { command } from '../command.ts'
import { type EffectiveValue, effectiveValues } from '../config/effective.ts'
import { toYaml } from '../output/machine.ts'
import { type Column, table } from '../output/table.ts'
import { flag } from '../parameters.ts'

const columns: readonly Column<EffectiveValue>[] = [
  { title: 'KEY', value: ({ key }) => key },
  { title: 'VALUE', value: ({ value }) => (Array.isArray(value) ? '[]' : String(value)) },
  { title: 'FROM', value: ({ origin }) => origin },
]

export const configViewCommand = command({
  name: 'config view',
  summary: 'Show the config that counts, secrets left out',
  examples: [
    { run: 'vmkeep config view', does: 'the config as YAML, defaults filled in' },
    {
      run: 'vmkeep config view --effective',
      does: 'each value with the flag, variable, line or default it comes from',
    },
  ],
  options: { effective: flag({ help: 'each value on a line, with where it comes from' }) },
  needs: ['config'],

  async run({ config: loaded, options, out }) {
    if (options.effective) {
      const values = effectiveValues(loaded)
      await out.answer(values, (style) => table(values, columns, style))
      return 'ok'
    }
    const yaml = await toYaml(loaded.config)
    await out.answer(loaded.config, () => `# ${loaded.path ?? 'no config file: defaults and environment'}\n${yaml}`)
    return 'ok'
  },
})
