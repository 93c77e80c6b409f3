import { type Catalogue, loadAll } from '../catalogue.ts'
import type { AnyCommand } from '../command.ts'
import { allVariables } from '../config/environment.ts'
import { argumentText } from '../declare.ts'
import { exits } from '../exits.ts'
import { globalOptions } from '../global-options.ts'
import { exitsOf, optionRows, usageOf } from '../help/command-help.ts'

/** `docs/reference/cli.md`: every command, made from its declaration. */
export async function cliPage(commands: Catalogue): Promise<string> {
  const shown = (await loadAll(commands)).filter(({ hidden }) => hidden !== true)
  const parts = [
    '# Command line\n\nGenerated from the declarations in `apps/cli/src/commands`; do not edit. `vmkeep help <command>` shows the same.',
    `## Commands\n\n${list(shown.map(({ name, summary }): [string, string] => [`[\`${name}\`](#${anchor(name)})`, summary]))}`,
    ...shown.map(commandPart),
    `## Global options\n\nEvery command takes them, before or after its name.\n\n${rows('Option', optionRows(globalOptions))}`,
    `## Exit codes\n\nStable. Read an unknown one as failure.\n\n${rows(
      'Code',
      Object.values(exits).map(({ code, meaning }) => [String(code), meaning]),
    )}`,
    `## Environment\n\nA flag wins over a variable, a variable over the config file.\n\n${rows(
      'Variable',
      allVariables().map(({ name, help }) => [name, help]),
    )}`,
  ]
  return `${parts.join('\n\n')}\n`
}

function commandPart(command: AnyCommand): string {
  const { name, summary, description, examples, arguments: given, options } = command
  const argumentRows = Object.values(given).map((each): [string, string] => [argumentText(each), each.help])
  const codes = exitsOf(command).map((exit) => exits[exit].code)
  return [
    `## ${name}`,
    `${summary}.${description === undefined ? '' : ` ${description}`}`,
    `\`\`\`sh\n${usageOf(command)}\n\n${examples.map(({ run, does }) => `# ${does}\n${run}`).join('\n')}\n\`\`\``,
    ...(argumentRows.length === 0 ? [] : [rows('Argument', argumentRows)]),
    ...(Object.keys(options).length === 0 ? [] : [rows('Option', optionRows(options))]),
    `[Exit status](#exit-codes): ${codes.join(', ')}.`,
  ].join('\n\n')
}

const anchor = (name: string) => name.replaceAll(' ', '-')

const list = (pairs: readonly [string, string][]) => pairs.map(([left, right]) => `- ${left}: ${right}`).join('\n')

const rows = (title: string, pairs: readonly [string, string][]) =>
  [`| ${title} | |`, '|---|---|', ...pairs.map(([left, right]) => `| \`${cell(left)}\` | ${cell(right)} |`)].join('\n')

const cell = (text: string) => text.replaceAll('|', String.raw`\|`)
