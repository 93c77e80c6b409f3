import type { Secret } from '@vmkeep/kit'
import { findSecret, type SecretWays } from './config/secrets.ts'
import { fail } from './errors.ts'
import { askSecret, canAsk } from './terminal/ask.ts'
import type { World } from './world.ts'

interface Asking {
  readonly world: World
  readonly signal: AbortSignal
  /** How to give it without being asked, for people. */
  readonly ways: string
}

/** A passphrase to be: from where it was left, or asked for twice. @throws `cli.secret-missing`, `cli.declined` */
export async function newPassphrase(given: SecretWays, { world, signal, ways }: Asking): Promise<Secret> {
  const what = 'the new passphrase of the repository'
  const found = await findSecret(given, { what, env: world.env, signal })
  if (found !== undefined) return found
  if (!canAsk(world)) throw fail('cli.secret-missing', { what, ways })
  const instead = `give it with ${ways}`
  const first = await askSecret(world, { question: 'New passphrase of the repository', instead, signal })
  const again = await askSecret(world, { question: 'The same once more', instead, signal })
  if (first.reveal() !== again.reveal()) throw fail('cli.declined', { what: 'the two passphrases differ' })
  return first
}
