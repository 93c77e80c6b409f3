import type { Clock, Log, Random, Secret } from '@vmkeep/kit'
import type { ExitName } from './exits.ts'
import type { GlobalOptions } from './global-options.ts'
import type { Arguments, Options, Values } from './parameters.ts'
import type { Output } from './output/output.ts'
import type { Messages } from './output/messages.ts'
import type { Progress } from './progress/progress.ts'
import type { Services } from './services.ts'
import type { World } from './world.ts'

/** A line to copy, and what it does. */
export interface Example {
  readonly run: string
  readonly does: string
}

/** What every command has at hand while it runs. */
export interface BaseContext {
  /** Where the answer goes: stdout, once. */
  readonly out: Output
  /** What to tell the person meanwhile: stderr. */
  readonly say: Messages
  /** Feed it run events; it draws them, logs them or keeps quiet. */
  readonly progress: Progress
  readonly log: Log
  /** Never print this again, wherever it turns up. */
  readonly learn: (secret: Secret) => void
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  readonly global: GlobalOptions
  readonly world: World
  readonly clock: Clock
  readonly random: Random
}

export type Context<O extends Options, A extends Arguments, N extends keyof Services> = BaseContext &
  Pick<Services, N> & { readonly options: Values<O>; readonly arguments: Values<A> }

/** A command: what it is called and takes, how it may end, what it needs opened, and what it does. */
export interface Command<
  O extends Options = Options,
  A extends Arguments = Arguments,
  N extends keyof Services = keyof Services,
  E extends ExitName = ExitName,
> {
  /** `verify`, or noun and verb: `point list`, `vm cbt reset`. */
  readonly name: string
  /** One line, no full stop. */
  readonly summary: string
  readonly description?: string
  readonly examples: readonly Example[]
  readonly arguments: A
  readonly options: O
  /** How it ends by its own decision, apart from `ok`; what errors end it with follows from `needs`. */
  readonly exits: readonly E[]
  /** Opened before it runs, closed after it, whatever happens. */
  readonly needs: readonly N[]
  /** What is wrong with what was given, if anything: looked at before anything is opened. A usage error, exit 2. */
  check?(given: { readonly options: Values<O>; readonly arguments: Values<A> }): string | undefined
  /** Left out of help, for the shell only. */
  readonly hidden?: boolean
  run(context: Context<O, A, N>): Promise<'ok' | E>
}

/** A command whose parameters are not known at compile time: what parser, help and runner handle. */
export type AnyCommand = Omit<Command, 'run' | 'check'> & {
  check?(given: never): string | undefined
  run(context: never): Promise<ExitName>
}

type Declaration<O extends Options, A extends Arguments, N extends keyof Services, E extends ExitName> = Omit<
  Command<O, A, N, E>,
  'arguments' | 'options' | 'exits' | 'needs'
> & {
  readonly arguments?: A
  readonly options?: O
  readonly exits?: readonly E[]
  readonly needs?: readonly N[]
}

/**
 * Declares a command. Help text, completion, the reference page and the parser are made from the declaration;
 * an exit that is not declared, or a service that is not named in `needs`, does not compile.
 */
export function command<
  const O extends Options = Record<never, never>,
  const A extends Arguments = Record<never, never>,
  const N extends keyof Services = never,
  const E extends ExitName = never,
>(declaration: Declaration<O, A, N, E>): Command<O, A, N, E> {
  const defaults = { arguments: {} as A, options: {} as O, exits: [], needs: [] }
  return { ...defaults, ...declaration }
}
