import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { type Clock, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { World } from '../world.ts'

// Certificates the user has looked at and accepted, beside the config as trust.yaml:
//
//   vcenter.example.org:443:
//     sha256: 5A:3F:…
//     acceptedAt: 2026-08-20T14:05:09.000Z

const entries = z.record(
  z.string(),
  z.strictObject({ sha256: z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/), acceptedAt: z.string() }),
)
type Entries = z.output<typeof entries>

/** The file accepted certificates are kept in. */
export function trustFile({ env, home }: Pick<World, 'env' | 'home'>): string {
  return `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/vmkeep/trust.yaml`
}

/** The SHA-256 accepted for `host:port`, if any. @throws `cli.trust-file-damaged` */
export async function trustedSha256(path: string, host: string, port: number): Promise<string | undefined> {
  return (await readEntries(path))[keyOf(host, port)]?.sha256
}

/** Notes that the user accepted this certificate, in place of an earlier one of the same host. */
export async function trust(
  path: string,
  entry: { host: string; port: number; sha256: string },
  clock: Clock,
): Promise<void> {
  const { host, port, sha256 } = entry
  const before = await readEntries(path)
  const all = { ...before, [keyOf(host, port)]: { sha256, acceptedAt: new Date(clock.nowMs()).toISOString() } }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(`${path}.new`, stringify(all), { mode: 0o600 })
    await rename(`${path}.new`, path) // whoever reads meanwhile sees the old file or the new one
  } catch (error) {
    throw fail('cli.file-unwritable', { path, why: messageOf(error) }, error)
  }
}

/** One host has one key, however its name or address is written. */
const keyOf = (host: string, port: number) => `${host.replaceAll(/[[\]]/g, '').toLowerCase()}:${port}`

async function readEntries(path: string): Promise<Entries> {
  try {
    return entries.parse(parse(await readFile(path, 'utf8')) ?? {})
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw fail('cli.trust-file-damaged', { path, problem: messageOf(error) }, error)
  }
}
