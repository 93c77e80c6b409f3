import { readFile } from 'node:fs/promises'
import { messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { World } from '../world.ts'
import type { ConfigFile } from './config-file.ts'
import { secretKeys } from './schema.ts'
import { readSecretFile } from './secrets.ts'

const reference = /\$\{(env|file):([^}]*)\}/g

/**
 * Replaces `${env:NAME}` and `${file:/path}` in every text of the tree. Anything else in braces stays as it is.
 * A secret written in clear, without a reference, asks for a config file that nobody else can read.
 */
export async function interpolate(file: ConfigFile, env: World['env']): Promise<unknown> {
  const walk = async (value: unknown, path: readonly PropertyKey[]): Promise<unknown> => {
    if (typeof value === 'string') return replace(value, path)
    if (Array.isArray(value)) return Promise.all(value.map((each, index) => walk(each, [...path, index])))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(async ([key, each]) => [key, await walk(each, [...path, key])] as const)
    return Object.fromEntries(await Promise.all(entries))
  }

  const replace = async (text: string, path: readonly PropertyKey[]): Promise<string> => {
    const key = String(path.at(-1))
    const isSecret = secretKeys.has(key)
    const found = [...text.matchAll(reference)]
    if (isSecret && found.length === 0 && file.isExposed)
      throw fail('cli.config-exposes-secret', { path: file.path, key })
    let replaced = text
    for (const [whole, kind, name = ''] of found) {
      const value = kind === 'env' ? env[name] : await readPart(name, isSecret)
      if (value === undefined)
        throw fail('cli.config-invalid', {
          problems: [`${file.at(path)}: the environment variable ${name} is not set`],
        })
      replaced = replaced.replace(whole, () => value)
    }
    return replaced
  }

  const readPart = async (path: string, isSecret: boolean): Promise<string> => {
    if (isSecret) return (await readSecretFile(path, 'a secret of the config')).reveal()
    try {
      return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
    } catch (error) {
      throw fail('cli.config-unreadable', { path, why: messageOf(error) }, error)
    }
  }

  return walk(file.tree, [])
}
