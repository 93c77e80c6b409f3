import { type Catalogue, verbsOf } from '../catalogue.ts'
import { fail } from '../errors.ts'
import { commandHelp } from './command-help.ts'
import { nounHelp, overview } from './overview.ts'
import { topics } from './topics.ts'

/** Help on a command, a noun or a topic; on everything when `name` is empty. @throws `cli.topic-unknown` */
export async function helpOn(name: string, commands: Catalogue): Promise<string> {
  if (name === '') return overview(commands)
  const load = commands[name]
  if (load !== undefined) return commandHelp(await load())
  if (verbsOf(commands, name).length > 0) return nounHelp(name, commands)
  const topic = topics[name]
  if (topic === undefined) throw fail('cli.topic-unknown', { topic: name, topics: Object.keys(topics).join(', ') })
  return topic.text()
}
