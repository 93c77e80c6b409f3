import { fail } from '../errors.ts'
import type { World } from '../world.ts'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import { interpolate } from './interpolate.ts'
import { type FlagValues, overlay } from './overlay.ts'
import { describeProblems } from './problems.ts'
import { chosenRepository } from './repository-named.ts'
import { type Config, configSchema } from './schema.ts'

export interface LoadedConfig {
  readonly config: Config
  /** The file it was read from, if any. */
  readonly path: string | undefined
  /** The vCenter that a flag or a variable chooses, by name. */
  readonly vcenter: string | undefined
  /** The moment as of which the configured repository is opened; now, if missing. */
  readonly asOfMs?: number | undefined
  /** Where the value at `path` comes from, for people: a flag, a variable, `file:line:column`, or `default`. */
  readonly originOf: (path: readonly (string | number)[]) => string
}

export interface ConfigFlags extends FlagValues {
  readonly config?: string | undefined
  readonly asOfMs?: number | undefined
}

/**
 * The config as it counts: flags over environment over file over defaults, references replaced, checked.
 *
 * @throws `cli.config-missing`, `cli.config-syntax`, `cli.config-invalid` with every problem and its place
 */
export async function loadConfig(flags: ConfigFlags, world: Pick<World, 'env' | 'home'>): Promise<LoadedConfig> {
  const file = await readConfigFile(flags.config, world)
  const base = file === undefined ? {} : await interpolate(file, world.env)
  const { tree, origins, vcenter } = overlay(base, flags, world.env)
  const parsed = configSchema.safeParse(tree)
  if (!parsed.success)
    throw fail('cli.config-invalid', { problems: describeProblems(parsed.error, placesIn(file, origins)) })
  return chosenRepository({
    config: parsed.data,
    path: file?.path,
    vcenter,
    asOfMs: flags.asOfMs,
    originOf: (path) => origins.get(path.join('.')) ?? (file?.has(path) === true ? file.at(path) : 'default'),
  })
}

/** The place of a value: in the file, or the variable or flag it came from. */
function placesIn(
  file: ConfigFile | undefined,
  origins: ReadonlyMap<string, string>,
): Pick<ConfigFile, 'at' | 'atKey'> {
  return {
    at: (path) => origins.get(path.map(String).join('.')) ?? file?.at(path) ?? 'the environment',
    atKey: (path, key) => file?.atKey(path, key) ?? 'the environment',
  }
}
