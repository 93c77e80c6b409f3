import { catalogue, type Catalogue } from './catalogue.ts'
import type { AnyCommand, BaseContext } from './command.ts'
import { fail } from './errors.ts'
import { exitOf } from './exit-of.ts'
import { type ExitName, exits } from './exits.ts'
import { Interruption } from './interruption.ts'
import { openServices } from './open-services.ts'
import { describeError, errorAsJson } from './output/error-report.ts'
import { type Globals, type Invocation, parseCommandLine } from './parse.ts'
import { listenForSignals } from './signals.ts'
import { openConsole, type Console } from './console.ts'
import type { World } from './world.ts'

/** The whole command line: parses, opens what the command needs, runs it, closes, and tells how it went. Returns the exit code. */
export async function run(world: World, commands: Catalogue = catalogue): Promise<number> {
  const invocation = await parseCommandLine(world.argv, commands, world.env)
  const console = openConsole(world, invocation.globals.values)
  try {
    const exit = await invoke(invocation, world, console, commands)
    return exits[exit].code
  } catch (error) {
    console.progress.close()
    tell(error, invocation.globals, console)
    return exits[exitOf(error)].code
  }
}

async function invoke(invocation: Invocation, world: World, console: Console, commands: Catalogue): Promise<ExitName> {
  switch (invocation.kind) {
    case 'run':
      return runCommand(invocation.command, invocation, world, console)
    case 'help': {
      const { helpOn } = await import('./help/help-on.ts')
      console.out.plain(await helpOn(invocation.on, commands))
      return 'ok'
    }
    case 'version': {
      const { version } = await import('./version.ts')
      console.out.plain(version)
      return 'ok'
    }
    case 'wrong':
      throw invocation.error
  }
}

async function runCommand(
  command: AnyCommand,
  invocation: Invocation & { kind: 'run' },
  world: World,
  console: Console,
): Promise<ExitName> {
  const problem = command.check?.({ options: invocation.options, arguments: invocation.arguments } as never)
  if (problem !== undefined) throw fail('cli.usage', { problem, command: `vmkeep ${command.name}` })
  using listening = listenForSignals(world, console.say, console.progress)
  using _ticking = console.tick()
  const { globals, options, arguments: given } = invocation
  const base: BaseContext = {
    ...console,
    log: console.say.log,
    signal: listening.signal,
    global: globals.values,
    world,
    clock: world.clock,
    random: world.random,
  }
  await using opened = await openServices(command.needs, { globals, ...base })
  const context = { ...base, ...opened.services, options, arguments: given }
  return await command.run(context as never)
}

/** A failure, on stderr: for people, or as one JSON object under `-o json`. An interruption is no failure of ours. */
function tell(error: unknown, globals: Globals, console: Console): void {
  const { output, progress, verbose } = globals.values
  const asJson = output === 'json' || progress === 'jsonl'
  if (error instanceof Interruption && !asJson) return console.say.error(`${error.message} before it was done`)
  console.raw(asJson ? errorAsJson(error, verbose) : describeError(error, { verbose, style: console.errorStyle }))
}
