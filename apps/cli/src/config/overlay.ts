import type { World } from '../world.ts'
import { configVariables, vcenterVariables } from './environment.ts'
import { secretKeys } from './schema.ts'

type Branch = Record<string, unknown>

/** What flags say about the config. */
export interface FlagValues {
  readonly repo?: string | undefined
  readonly vcenter?: string | undefined
  /** Where a value comes from, as said to the user: `flag --repo`, `environment VMKEEP_REPO`. */
  readonly originOf: (flag: 'repo' | 'vcenter') => string
}

export interface Overlaid {
  readonly tree: unknown
  /** Where values that are not from the file come from, by their dotted path. */
  readonly origins: ReadonlyMap<string, string>
  /** The vCenter meant by a flag, or by the variable that names its host: nearer than the file, it is not one more to choose from. */
  readonly vcenter: string | undefined
}

/** Lays environment variables and flags over the config's tree, which is not changed. A tree of the wrong shape is left for the schema to refuse. */
export function overlay(base: unknown, flags: FlagValues, env: World['env']): Overlaid {
  const origins = new Map<string, string>()
  let vcenter = flags.vcenter
  if (!isBranch(base)) return { tree: base, origins, vcenter }
  const tree = structuredClone(base)
  const set = (path: readonly (string | number)[], value: unknown, origin: string) => {
    put(tree, path, value)
    origins.set(path.join('.'), origin)
  }
  for (const { name, path } of configVariables) if (isGiven(env[name])) set(path, env[name], `environment ${name}`)
  if (flags.repo !== undefined) set(['repository', 'path'], flags.repo, flags.originOf('repo'))

  const given = vcenterVariables.filter(({ name }) => isGiven(env[name]))
  if (given.length > 0) {
    const index = vcenterIndex(tree, flags.vcenter, env['VMKEEP_VCENTER_HOST'])
    if (index !== undefined && isGiven(env['VMKEEP_VCENTER_HOST'])) vcenter ??= nameAt(tree, index)
    if (index !== undefined)
      for (const { name, key } of given) set(['vcenters', index, key], valueOf(key, env[name]!), `environment ${name}`)
  }
  return { tree, origins, vcenter }
}

/**
 * Which entry the variables describe: the chosen one, the one with their host, the only one, or a new one if they name a host.
 * Never a chosen one that has another host: the flag is nearer, and that entry's password would go to a machine it is not for.
 */
function vcenterIndex(tree: Branch, chosen: string | undefined, host: string | undefined): number | undefined {
  const entries: unknown = (tree['vcenters'] ??= [])
  if (!Array.isArray(entries) || !entries.every(isBranch)) return undefined
  const named = chosen === undefined ? -1 : entries.findIndex(({ name }) => name === chosen)
  if (named >= 0 && (host === undefined || [undefined, host].includes(entries[named]!['host'] as string))) return named
  if (host === undefined) return chosen === undefined && entries.length === 1 ? 0 : undefined
  const there = entries.findIndex((entry) => entry['host'] === host)
  if (there >= 0 && (chosen === undefined || named >= 0)) return there
  return entries.push({ name: named >= 0 ? host : (chosen ?? host) }) - 1
}

function nameAt(tree: Branch, index: number): string | undefined {
  const { name } = (tree['vcenters'] as Branch[])[index]!
  return typeof name === 'string' ? name : undefined // the schema refuses it
}

const isGiven = (value: string | undefined) => value !== undefined && value !== ''

const valueOf = (key: string, text: string) => (key === 'port' && /^\d+$/.test(text) ? Number(text) : text)

function put(tree: Branch, path: readonly (string | number)[], value: unknown): void {
  const last = String(path.at(-1))
  let branch: unknown = tree
  for (const part of path.slice(0, -1))
    branch = isBranch(branch) || Array.isArray(branch) ? ((branch as Branch)[part] ??= {}) : undefined
  if (!isBranch(branch)) return
  const secret = [...secretKeys].find(
    (name) => last === name || (/^(File|Env|Command)$/.test(last.slice(name.length)) && last.startsWith(name)),
  )
  // One way replaces the others: the nearer source decides how the secret is got, not only what it is.
  if (secret !== undefined) for (const end of ['', 'File', 'Env', 'Command']) delete branch[secret + end]
  branch[last] = value
}

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
