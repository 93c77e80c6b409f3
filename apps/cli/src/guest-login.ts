import type { GuestLogin } from '@vmkeep/vsphere'
import type { Secret } from '@vmkeep/kit'
import type { Config } from './config/schema.ts'
import { findSecret } from './config/secrets.ts'
import { fail } from './errors.ts'
import type { World } from './world.ts'

type Account = Omit<
  NonNullable<Config['backup']['guestScripts']>,
  'pre' | 'post' | 'timeoutSeconds' | 'ifPreFails' | 'output'
>

/** What finding a password needs of a command's surroundings. */
export interface LoginSources {
  readonly world: Pick<World, 'env'>
  readonly signal: AbortSignal
  /** Told the password, so that no output shows it. Absent where it is never asked for. */
  readonly learn?: (secret: Secret) => void
}

const ways = 'passwordFile, passwordEnv or passwordCommand beside guestScripts.username in the config'

/** The account of a guest, found once and only when asked for. @throws `cli.secret-…` */
export function guestLogin(account: Account, sources: LoginSources): () => Promise<GuestLogin> {
  let found: Promise<GuestLogin> | undefined
  return () => (found ??= find(account, sources))
}

async function find(
  { username, password, passwordFile, passwordEnv, passwordCommand }: Account,
  { world, signal, learn }: LoginSources,
): Promise<GuestLogin> {
  const what = `the password of ${username} in the guests`
  const given = { value: password, file: passwordFile, env: passwordEnv, command: passwordCommand }
  const secret = await findSecret(given, { what, env: world.env, signal })
  if (secret === undefined) throw fail('cli.secret-missing', { what, ways })
  learn?.(secret)
  return { username, password: secret }
}
