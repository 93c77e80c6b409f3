import { type Catalogue, loadAll } from '../catalogue.ts'
import type { AnyCommand } from '../command.ts'
import { globalOptions } from '../global-options.ts'
import { optionRows, rows } from './command-help.ts'
import { topics } from './topics.ts'

const firstSteps: readonly (readonly [string, string])[] = [
  ['vmkeep vcenter trust vcenter.example.org', 'look at its certificate and accept it'],
  ['vmkeep repo init --repo /backup/vmkeep', 'make a repository'],
  ['vmkeep doctor', 'check that everything a backup needs is there'],
  ['vmkeep plan web-01', 'what a backup would do; changes nothing'],
  ['vmkeep backup web-01', 'back up'],
  ['vmkeep restore web-01 --to-files /tmp/web-01', 'get its disks back as files'],
]

/** What `vmkeep --help` prints. */
export async function overview(commands: Catalogue): Promise<string> {
  const all = (await loadAll(commands)).filter(({ hidden }) => hidden !== true)
  return [
    'Agentless backup for VMware vSphere, without VDDK.',
    `FIRST STEPS\n${rows(firstSteps)}`,
    'USAGE\n  vmkeep <command> [arguments] [options]',
    `COMMANDS\n${commandRows(all)}`,
    `GLOBAL OPTIONS\n${rows([...optionRows(globalOptions), ['-h, --help', 'help on a command'], ['--version', 'the version']])}`,
    `MORE\n${rows([['vmkeep help <command>', 'all about a command, with examples'], ...topicRows()])}`,
  ].join('\n\n')
}

/** What `vmkeep point --help` prints. */
export async function nounHelp(noun: string, commands: Catalogue): Promise<string> {
  const all = (await loadAll(commands)).filter(({ name }) => name.startsWith(`${noun} `))
  return [`USAGE\n  vmkeep ${noun} <verb> [arguments] [options]`, `COMMANDS\n${commandRows(all)}`].join('\n\n')
}

const commandRows = (commands: readonly AnyCommand[]) => rows(commands.map(({ name, summary }) => [name, summary]))

const topicRows = () =>
  Object.entries(topics).map(([name, { summary }]): [string, string] => [`vmkeep help ${name}`, summary])
