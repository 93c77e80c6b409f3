import { command } from '../command.ts'
import { version } from '../version.ts'

export const versionCommand = command({
  name: 'version',
  summary: 'Show the version',
  examples: [{ run: 'vmkeep version -o json', does: 'for a program' }],

  async run({ out }) {
    const { node } = process.versions
    await out.answer(
      { version, node, platform: `${process.platform}-${process.arch}` },
      () => `vmkeep ${version} (Node ${node})`,
    )
    return 'ok'
  },
})
