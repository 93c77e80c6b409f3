import type { AnyCommand } from '../command.ts'
import { argumentText, flagsOf } from '../declare.ts'
import { type ExitName, exits } from '../exits.ts'
import { globalOptions } from '../global-options.ts'
import type { Option, Options } from '../parameters.ts'
import type { Services } from '../services.ts'

// Help on a command: examples first, because that is what people copy.

const ofRepository: readonly ExitName[] = ['precondition', 'noRepository', 'repositoryLocked', 'wrongKey']
const ofSession: readonly ExitName[] = ['notSignedIn', 'notFound', 'precondition']
const byNeed: Readonly<Record<keyof Services, readonly ExitName[]>> = {
  config: [],
  repository: ofRepository,
  repositoryIfAny: ofRepository,
  openRepository: [],
  session: ofSession,
  openSession: ofSession,
  openServers: ofSession,
}

/** Every way a command can end, by ascending code. */
export function exitsOf({ exits: own, needs }: AnyCommand): ExitName[] {
  const all = new Set<ExitName>([
    'ok',
    'failed',
    'usage',
    ...own,
    ...needs.flatMap((need) => byNeed[need]),
    'interrupted',
    'terminated',
  ])
  return [...all].toSorted((a, b) => exits[a].code - exits[b].code)
}

export function usageOf({ name, options, arguments: given }: AnyCommand): string {
  const parts = [
    `vmkeep ${name}`,
    ...Object.values(given).map(argumentText),
    ...(Object.keys(options).length > 0 ? ['[options]'] : []),
  ]
  return parts.join(' ')
}

/** `[flags, help]` of each option, the default told. */
export function optionRows(options: Options): [string, string][] {
  return Object.entries(options).map(([key, option]) => [flagsOf(key, option), aboutOption(option)])
}

function aboutOption({ kind, help, takes, fallback, environment }: Option<unknown>): string {
  const remarks = [
    ...(takes === 'many' ? ['may be repeated'] : []),
    ...(takes === 'one' && (typeof fallback === 'string' || typeof fallback === 'number') && !help.includes('default')
      ? [`default: ${kind.write?.(fallback as never) ?? fallback}`]
      : []),
    ...(environment === undefined ? [] : [environment]),
  ]
  return remarks.length === 0 ? help : `${help} (${remarks.join('; ')})`
}

export function commandHelp(command: AnyCommand): string {
  const { summary, description, examples, options, arguments: given } = command
  const argumentRows = Object.values(given).map((each): [string, string] => [argumentText(each), each.help])
  const exitRows = exitsOf(command).map((name): [string, string] => [String(exits[name].code), exits[name].meaning])
  return [
    `${summary}.`,
    section('EXAMPLES', examples.map(({ run, does }) => `  ${run}\n      ${does}`).join('\n')),
    section('USAGE', `  ${usageOf(command)}`),
    description === undefined ? '' : section('DESCRIPTION', indent(wrap(description, 98))),
    section('ARGUMENTS', rows(argumentRows)),
    section('OPTIONS', rows(optionRows(options))),
    section('GLOBAL OPTIONS', rows([...optionRows(globalOptions), ['-h, --help', 'this help']])),
    section('EXIT STATUS', rows(exitRows)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const section = (title: string, body: string) => (body === '' ? '' : `${title}\n${body}`)

/** Two columns; a left part that is too long has its right part below it. */
export function rows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.min(34, Math.max(0, ...pairs.map(([left]) => left.length)))
  const gap = `\n${' '.repeat(width + 4)}`
  return pairs
    .map(([left, right]) => {
      const wrapped = wrap(right, 100 - width - 4).replaceAll('\n', gap)
      return left.length > width ? `  ${left}${gap}${wrapped}` : `  ${left.padEnd(width)}  ${wrapped}`
    })
    .join('\n')
}

const indent = (text: string) => text.replaceAll(/^(?=.)/gm, '  ')

/** Breaks at spaces; existing line breaks stay. */
function wrap(text: string, width: number): string {
  const breakLine = (line: string) => {
    const lines = ['']
    for (const word of line.split(' ')) {
      const last = lines.at(-1)!
      if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
      else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
    }
    return lines.join('\n')
  }
  return text.split('\n').map(breakLine).join('\n')
}
