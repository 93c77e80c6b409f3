import { catalogue } from '../catalogue.ts'
import { command } from '../command.ts'
import { helpOn } from '../help/help-on.ts'
import { topics } from '../help/topics.ts'
import { anyArguments, text } from '../parameters.ts'

/** `help`: on a command, or on a topic that belongs to no single one. */
export const helpCommand = command({
  name: 'help',
  summary: 'Show help on a command or topic',
  description: `Topics: ${Object.keys(topics).join(', ')}.`,
  examples: [
    { run: 'vmkeep help', does: 'every command in one line each' },
    { run: 'vmkeep help point list', does: 'all about one command' },
    { run: 'vmkeep help exit-codes', does: 'every exit code and what it means' },
  ],
  arguments: { topic: anyArguments({ ...text('TOPIC'), complete: 'command' }, 'a command or a topic') },

  async run({ arguments: { topic }, out }) {
    const on = topic.join(' ')
    const help = await helpOn(on, catalogue)
    await out.answer({ topic: on, text: help }, () => help)
    return 'ok'
  },
})
