import { catalogue } from '../catalogue.ts'
import { command } from '../command.ts'
import { candidates } from '../completion/candidates.ts'
import { configuredVcenters } from '../completion/names.ts'
import { anyArguments, text } from '../parameters.ts'

/** `complete`: what the completion scripts call at every Tab. */
export const completeCommand = command({
  name: 'complete',
  summary: 'List what may stand at the cursor, for a completion script',
  hidden: true,
  examples: [],
  arguments: { words: anyArguments(text('WORD'), 'the words typed so far, the last one perhaps unfinished') },

  async run({ arguments: { words }, out, world }) {
    const found = await candidates(words, catalogue, () => configuredVcenters(words, world))
    if (found.kind !== 'words') out.plain(`:${found.kind}`)
    else if (found.words.length > 0) out.plain(found.words.map(({ word, help }) => `${word}\t${help}`).join('\n'))
    return 'ok'
  },
})
