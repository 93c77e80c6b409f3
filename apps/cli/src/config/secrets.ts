import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { AppError, messageOf, Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { World } from '../world.ts'

/** Where a secret may come from. At most one is set. */
export interface SecretWays {
  readonly value?: Secret | undefined
  readonly file?: string | undefined
  readonly env?: string | undefined
  readonly command?: string | undefined
}

interface Options {
  /** What it is, for errors: `the password of vCenter lab`. */
  readonly what: string
  readonly env: World['env']
  readonly signal?: AbortSignal | undefined
}

/** The secret by the one way that is set; `undefined` if none is. @throws `cli.secret-…` naming the way that failed */
export async function findSecret(ways: SecretWays, { what, env, signal }: Options): Promise<Secret | undefined> {
  if (ways.value !== undefined) return ways.value
  if (ways.file !== undefined) return readSecretFile(ways.file, what)
  if (ways.env !== undefined) {
    const value = env[ways.env]
    if (value === undefined) throw fail('cli.secret-variable-unset', { what, name: ways.env })
    return secretOf(value, what, ways.env)
  }
  return ways.command === undefined ? undefined : runSecretCommand(ways.command, what, signal)
}

const sizeBytesMax = 64 << 10

/** Reads a secret from a file that only its owner can read. @throws `cli.secret-file-exposed` with the command that mends it */
export async function readSecretFile(path: string, what: string): Promise<Secret> {
  try {
    await using file = await open(path, 'r')
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0)
      throw fail('cli.secret-file-exposed', { what, path, mode: (mode & 0o777).toString(8).padStart(3, '0') })
    if (size > sizeBytesMax) throw new Error(`it has ${size} bytes, which no secret has`)
    return secretOf(await file.readFile('utf8'), what, path)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw fail('cli.secret-file-unreadable', { what, path, why: messageOf(error) }, error)
  }
}

/** Runs a shell command and takes what it prints. It may ask questions of its own on the terminal. */
async function runSecretCommand(command: string, what: string, signal?: AbortSignal): Promise<Secret> {
  const options = { stdio: ['inherit', 'pipe', 'inherit'] as ['inherit', 'pipe', 'inherit'], ...(signal && { signal }) }
  const child = spawn('/bin/sh', ['-c', command], options)
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, killedBy) =>
      resolve(code === 0 ? undefined : killedBy === null ? `exit code ${code}` : killedBy),
    )
  })
  const [printed, why] = await Promise.all([readAll(child.stdout).catch(() => ''), ended])
  signal?.throwIfAborted()
  if (why !== undefined) throw fail('cli.secret-command-failed', { what, command, why })
  return secretOf(printed, what, `the command "${command}"`)
}

/** One newline at the end belongs to the editor, not to the secret. */
function secretOf(text: string, what: string, from: string): Secret {
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw fail('cli.secret-empty', { what, from })
  return new Secret(value)
}
