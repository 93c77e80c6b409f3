import { readFile, stat } from 'node:fs/promises'
import { isMap, LineCounter, parseDocument, type Document } from 'yaml'
import { messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { World } from '../world.ts'

const sizeBytesMax = 1 << 20

/** A config file as it was written: a tree of plain values, and where each of them stands. */
export interface ConfigFile {
  readonly path: string
  readonly tree: unknown
  /** Whether others than its owner can read it. */
  readonly isExposed: boolean
  /** `file:line:column` of the value at `path`, or of the nearest thing around it. */
  at(path: readonly PropertyKey[]): string
  /** The same for a key itself. */
  atKey(path: readonly PropertyKey[], key: string): string
  has(path: readonly PropertyKey[]): boolean
}

/** Where the config is looked for when nobody names it, in this order; the first that is there counts. */
export function usualPlaces({ env, home }: Pick<World, 'env' | 'home'>): string[] {
  const own = env['XDG_CONFIG_HOME'] || `${home}/.config`
  return [`${own}/vmkeep/config.yaml`, '/etc/vmkeep/config.yaml']
}

/** Reads the named config file, or the first of the usual ones, if any. @throws `cli.config-missing`, `cli.config-syntax` */
export async function readConfigFile(
  named: string | undefined,
  world: Pick<World, 'env' | 'home'>,
): Promise<ConfigFile | undefined> {
  if (named !== undefined) return (await readOne(named)) ?? Promise.reject(fail('cli.config-missing', { path: named }))
  for (const path of usualPlaces(world)) {
    const found = await readOne(path)
    if (found !== undefined) return found
  }
  return undefined
}

async function readOne(path: string): Promise<ConfigFile | undefined> {
  try {
    const { size, mode } = await stat(path)
    if (size > sizeBytesMax) throw new Error(`it has ${size} bytes, more than ${sizeBytesMax}`)
    return parseConfigFile(path, await readFile(path, 'utf8'), (mode & 0o077) !== 0)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (typeof code === 'string' && code.startsWith('cli.')) throw error
    throw fail('cli.config-unreadable', { path, why: messageOf(error) }, error)
  }
}

export function parseConfigFile(path: string, text: string, isExposed = false): ConfigFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  const wrong = document.errors[0]
  if (wrong !== undefined) throw fail('cli.config-syntax', { at: place(wrong.pos[0]), problem: wrong.message })
  return {
    path,
    isExposed,
    tree: document.toJS() ?? {},
    has: (at) => document.hasIn(at),
    at: (at) => place(offsetOf(document, at)),
    atKey: (at, key) => place(keyOffsetOf(document, at, key)),
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined
    if (node?.range !== undefined) return node.range[0]!
  }
  return document.contents?.range?.[0] ?? 0
}

function keyOffsetOf(document: Document, path: readonly PropertyKey[], key: string): number {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  const pairs = isMap(parent) ? parent.items : []
  const named = pairs
    .map((pair) => pair.key as { value?: unknown; range?: readonly number[] })
    .find(({ value }) => value === key)
  return named?.range?.[0] ?? offsetOf(document, path)
}
