import { readFile } from 'node:fs/promises'
import { messageOf, type Secret } from '@vmkeep/kit'
import { openSession, type Session, type Trust } from '@vmkeep/vsphere'
import { chooseVcenter } from './config/choose-vcenter.ts'
import type { LoadedConfig } from './config/load-config.ts'
import type { VcenterConfig } from './config/schema.ts'
import { findSecret } from './config/secrets.ts'
import { trustedSha256, trustFile } from './config/trust-store.ts'
import { fail } from './errors.ts'
import type { Opening } from './open-services.ts'
import { askSecret, canAsk } from './terminal/ask.ts'
import type { World } from './world.ts'

/** Logs in to the chosen vCenter or ESXi host of the config. */
export async function openConfiguredSession({ config, vcenter }: LoadedConfig, opening: Opening): Promise<Session> {
  return openVcenter(chooseVcenter(config, vcenter), opening)
}

/** What logging in needs of a command's surroundings. */
export type LoginContext = Pick<Opening, 'world' | 'learn' | 'clock' | 'random' | 'log' | 'say' | 'signal'>

/** Logs in. @throws `cli.username-missing`, `cli.secret-…`, and what `openSession` throws */
export async function openVcenter(vcenter: VcenterConfig, context: LoginContext): Promise<Session> {
  const { clock, random, log, say, signal, world } = context
  const { name, host, port, username } = vcenter
  if (username === undefined) throw fail('cli.username-missing', { vcenter: name })
  const password = await passwordOf(vcenter, context)
  const endpoint = { host, port, username, password: async () => password, trust: await trustOf(vcenter, world) }
  say.detail(`signing in to ${host}:${port} as ${username}`)
  return openSession({ endpoint, clock, random, log, signal })
}

/** Why to believe the host: its thumbprint or authority in the config, what the user accepted, or the system's authorities. */
export async function trustOf({ host, port, thumbprint, caFile }: VcenterConfig, world: World): Promise<Trust> {
  if (thumbprint !== undefined) return { by: 'thumbprint', thumbprint }
  if (caFile !== undefined) return { by: 'authority', ca: await readAuthority(caFile) }
  const accepted = await trustedSha256(trustFile(world), host, port)
  return accepted === undefined ? { by: 'authority' } : { by: 'thumbprint', thumbprint: accepted }
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw fail('cli.authority-unreadable', { path, why: messageOf(error) }, error)
  }
}

const ways =
  'VMKEEP_VCENTER_PASSWORD_FILE, VMKEEP_VCENTER_PASSWORD_COMMAND, VMKEEP_VCENTER_PASSWORD, or passwordFile in the config'

async function passwordOf(vcenter: VcenterConfig, { world, signal, learn }: LoginContext): Promise<Secret> {
  const { name, host, username, password, passwordFile, passwordEnv, passwordCommand } = vcenter
  const what = `the password of vCenter "${name}"`
  const given = { value: password, file: passwordFile, env: passwordEnv, command: passwordCommand }
  const found = await findSecret(given, { what, env: world.env, signal })
  if (found === undefined && !canAsk(world)) throw fail('cli.secret-missing', { what, ways })
  const question = `Password of ${username} on ${host}`
  const secret = found ?? (await askSecret(world, { question, instead: `give it with ${ways}`, signal }))
  learn(secret)
  return secret
}
