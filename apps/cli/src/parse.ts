import { Command as Parser, CommanderError, InvalidArgumentError } from 'commander'
import { type Catalogue, verbsOf } from './catalogue.ts'
import type { AnyCommand } from './command.ts'
import { declareArguments, declareOptions, kebab } from './declare.ts'
import { fail } from './errors.ts'
import { type GlobalOptions, globalOptions } from './global-options.ts'
import type { Options } from './parameters.ts'
import type { World } from './world.ts'

export interface Globals {
  readonly values: GlobalOptions
  /** Where a value comes from, for people: `flag --repo`, `environment VMKEEP_REPO`, `default`. */
  readonly originOf: (key: keyof GlobalOptions) => string
}

/** What a command line asks for. `globals` are known even where the rest is not. */
export type Invocation = { readonly globals: Globals } & (
  | { readonly kind: 'run'; readonly command: AnyCommand; readonly options: object; readonly arguments: object }
  | { readonly kind: 'help'; readonly on: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly error: unknown }
)

/** Reads a command line. Only the command that is named gets loaded. */
export async function parseCommandLine(
  argv: readonly string[],
  commands: Catalogue,
  env: World['env'],
): Promise<Invocation> {
  const parsing = new Parsing(commands)
  const problem: unknown = await parsing.root.parseAsync([...argv], { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  try {
    const globals = globalsOf(parsing.root, env)
    if (problem === undefined) return { kind: 'run', globals, ...parsing.result(env) }
    if (!(problem instanceof CommanderError)) return { kind: 'wrong', globals, error: problem }
    if (problem.code === 'commander.version') return { kind: 'version', globals }
    if (problem.code === 'commander.helpDisplayed') return { kind: 'help', globals, on: parsing.helpOn }
    if (problem.code === 'commander.help' && parsing.helpOn === '') return { kind: 'help', globals, on: '' }
    return { kind: 'wrong', globals, error: usageError(problem, parsing.helpOn, argv, commands) }
  } catch (error) {
    return { kind: 'wrong', globals: globalsOf(new Parsing({}).root, {}), error }
  }
}

/** commander, fed from the declarations. It parses and suggests; help, output and exits are ours. */
class Parsing {
  readonly root: Parser
  /** Whose help commander was asked for. */
  helpOn = ''
  readonly #loaders = new Map<Parser, () => Promise<AnyCommand>>()
  #chosen: { readonly parser: Parser; readonly command: AnyCommand } | undefined

  constructor(commands: Catalogue) {
    this.root = new Parser('vmkeep').exitOverride().configureOutput({ writeOut() {}, writeErr() {}, outputError() {} })
    this.root.version('unused', '--version').helpCommand(false)
    declareOptions(this.root, globalOptions)
    this.#prepare(this.root, '')
    for (const [name, load] of Object.entries(commands)) this.#add(name, load)
  }

  result(env: World['env']): { command: AnyCommand; options: object; arguments: object } {
    const { parser, command } = this.#chosen!
    const keys = Object.keys(command.arguments)
    const given: unknown[] = parser.processedArgs
    return {
      command,
      options: valuesOf(parser, command.options, env).values,
      arguments: Object.fromEntries(keys.map((key, at) => [key, given[at]])),
    }
  }

  #add(name: string, load: () => Promise<AnyCommand>): void {
    const words = name.split(' ')
    let noun = this.root
    for (const [at, word] of words.slice(0, -1).entries())
      noun =
        noun.commands.find((each) => each.name() === word) ?? this.#noun(noun, word, words.slice(0, at + 1).join(' '))
    const leaf = noun.command(words.at(-1)!).action(() => {})
    this.#prepare(leaf, name)
    this.#loaders.set(leaf, load)
  }

  #noun(parent: Parser, word: string, name: string): Parser {
    const noun = parent.command(word).helpCommand(false)
    this.#prepare(noun, name)
    return noun
  }

  #prepare(parser: Parser, name: string): void {
    parser.configureHelp({ formatHelp: () => ((this.helpOn = name), '') })
    parser.hook('preSubcommand', async (_, sub) => {
      const load = this.#loaders.get(sub)
      if (load === undefined) return
      const command = await load()
      this.#chosen = { parser: sub, command }
      declareOptions(sub, command.options)
      declareArguments(sub, command.arguments)
    })
  }
}

function globalsOf(root: Parser, env: World['env']): Globals {
  const { values, origins } = valuesOf(root, globalOptions, env)
  return { values: values as unknown as GlobalOptions, originOf: (key) => origins[key]! }
}

/** Flag over environment over fallback. */
function valuesOf(
  parser: Parser,
  declared: Options,
  env: World['env'],
): Record<'values' | 'origins', Record<string, any>> {
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  for (const [key, option] of Object.entries(declared)) {
    const { environment, fallback, kind } = option
    const text = environment === undefined ? undefined : env[environment]
    const isGiven = parser.getOptionValueSource(key) === 'cli'
    const isSet = text !== undefined && text !== ''
    origins[key] = isGiven ? `flag --${kebab(key)}` : isSet ? `environment ${environment}` : 'default'
    values[key] = isGiven ? parser.getOptionValue(key) : isSet ? readVariable(environment!, text, kind.parse) : fallback
  }
  return { values, origins }
}

function readVariable(name: string, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw fail('cli.usage', {
      problem: `the environment variable ${name} is "${text}": ${error.message}`,
      command: 'vmkeep',
    })
  }
}

/** The longest beginning of what was typed that verbs can follow. */
function nounIn(argv: readonly string[], commands: Catalogue): string {
  const words = argv.filter((word) => !word.startsWith('-'))
  const nouns = words.map((_, at) => words.slice(0, at + 1).join(' '))
  return nouns.findLast((noun) => verbsOf(commands, noun).length > 0) ?? ''
}

function usageError(
  { code, message }: CommanderError,
  helpOn: string,
  argv: readonly string[],
  commands: Catalogue,
): Error {
  const noun = nounIn(argv, commands)
  const verbs = verbsOf(commands, noun)
  const name = Object.keys(commands).find((each) => ` ${argv.join(' ')} `.includes(` ${each} `))
  const command = ['vmkeep', name ?? (verbs.length > 0 ? noun : '')].filter((word) => word !== '').join(' ')
  if (code === 'commander.help')
    return fail('cli.usage', { problem: `"${helpOn}" needs a verb: ${verbs.join(', ')}`, command })
  const problem = message
    .replace(/^error: /, '')
    .replace(' is invalid. it', ' is invalid: it')
    .replaceAll(/\s*\n\s*/g, ' ')
  return fail('cli.usage', { problem, command })
}
