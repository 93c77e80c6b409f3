import { type Catalogue, loadAll, verbsOf } from '../catalogue.ts'
import type { AnyCommand } from '../command.ts'
import { kebab } from '../declare.ts'
import { globalOptions } from '../global-options.ts'
import type { Completion, Kind, Option, Options } from '../parameters.ts'

/** What may stand at the cursor, or that the shell shall complete a path by itself. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }

export interface Candidate {
  readonly word: string
  readonly help: string
}

/** Names that are cheap to look up. Must not fail: completion without names is better than an error in the prompt. */
export type NamesOf = (what: Exclude<Completion, 'file' | 'folder' | 'command'>) => Promise<readonly string[]>

/** Completes the last of `words`, which may be empty, knowing the ones before it. */
export async function candidates(words: readonly string[], commands: Catalogue, namesOf: NamesOf): Promise<Candidates> {
  const partial = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const { command, noun, given, pending } = await read(before, commands)
  const options = { ...globalOptions, ...command?.options }
  if (pending !== undefined) return matching(partial, await valuesOf(pending.kind, commands, namesOf))
  if (partial.startsWith('-')) return matching(partial, wordsOf(optionWords(options)))
  if (command === undefined) return matching(partial, wordsOf(await commandWords(commands, noun)))
  const declared = Object.values(command.arguments)
  const last = declared.at(-1)
  const argument = declared[given] ?? (last?.count === 'any' ? last : undefined)
  return argument === undefined ? wordsOf([]) : matching(partial, await valuesOf(argument.kind, commands, namesOf))
}

interface Read {
  readonly command: AnyCommand | undefined
  readonly noun: string
  /** How many arguments are there already. */
  readonly given: number
  /** The option whose value comes next. */
  readonly pending: Option<unknown> | undefined
}

async function read(before: readonly string[], commands: Catalogue): Promise<Read> {
  let command: AnyCommand | undefined
  let noun = ''
  let given = 0
  let pending: Option<unknown> | undefined
  for (const word of before) {
    if (pending !== undefined) pending = undefined
    else if (word.startsWith('-')) pending = takingValue(word, { ...globalOptions, ...command?.options })
    else if (command !== undefined) given++
    else {
      const name = noun === '' ? word : `${noun} ${word}`
      command = await commands[name]?.()
      if (command === undefined && (noun === '' || verbsOf(commands, name).length > 0)) noun = name
    }
  }
  return { command, noun, given, pending }
}

function takingValue(word: string, options: Options): Option<unknown> | undefined {
  const found = Object.entries(options).find(([key, { short }]) => word === `--${kebab(key)}` || word === `-${short}`)
  return found?.[1].takes === 'nothing' ? undefined : found?.[1]
}

function optionWords(options: Options): Candidate[] {
  return Object.entries(options).map(([key, { negated, help }]) => ({
    word: `--${negated === true ? 'no-' : ''}${kebab(key)}`,
    help,
  }))
}

async function commandWords(commands: Catalogue, noun: string): Promise<Candidate[]> {
  const all = (await loadAll(commands)).filter(({ hidden }) => hidden !== true)
  const of = (name: string) => all.find((each) => each.name === name)?.summary
  if (noun !== '')
    return verbsOf(commands, noun).map((verb) => ({
      word: verb,
      help: of(`${noun} ${verb}`) ?? verbsOf(commands, `${noun} ${verb}`).join(', '),
    }))
  const firsts = new Set(all.map(({ name }) => name.split(' ')[0]!))
  return [...firsts].map((word) => ({ word, help: of(word) ?? verbsOf(commands, word).join(', ') }))
}

async function valuesOf(kind: Kind<unknown>, commands: Catalogue, namesOf: NamesOf): Promise<Candidates> {
  if (kind.choices !== undefined) return wordsOf(kind.choices.map((word) => ({ word, help: '' })))
  const { complete } = kind
  if (complete === undefined) return wordsOf([])
  if (complete === 'file' || complete === 'folder') return { kind: complete }
  if (complete === 'command') return wordsOf(await commandWords(commands, ''))
  return wordsOf((await namesOf(complete)).map((word) => ({ word, help: '' })))
}

const wordsOf = (words: readonly Candidate[]): Candidates => ({ kind: 'words', words })

function matching(partial: string, all: Candidates): Candidates {
  return all.kind === 'words' ? wordsOf(all.words.filter(({ word }) => word.startsWith(partial))) : all
}
