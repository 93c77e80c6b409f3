import { forEachConcurrent } from '@vmkeep/kit'
import { chooseVcenter } from './config/choose-vcenter.ts'
import type { LoadedConfig } from './config/load-config.ts'
import type { Config, VcenterConfig } from './config/schema.ts'
import { openVcenter } from './open-session.ts'
import { fail } from './errors.ts'
import type { Opening } from './open-services.ts'
import type { ForServers, Server } from './services.ts'
import { canAsk } from './terminal/ask.ts'

const signInsMax = 8

/**
 * Logs in to the chosen server of the config, or to all of them that the policy is for, one session each. They are logged out when the stack
 * is disposed.
 *
 * @throws `cli.policy-elsewhere`; what logging in throws, if there is no server that could be logged in to
 */
export async function openConfiguredServers(
  { config, vcenter }: LoadedConfig,
  opening: Opening,
  stack: AsyncDisposableStack,
  policy?: ForServers,
): Promise<readonly Server[]> {
  const wanted = wantedOf(config, vcenter, policy)
  const open = async (one: VcenterConfig): Promise<Server> => {
    try {
      return { server: one.name, session: stack.use(await openVcenter(one, opening)) }
    } catch (error) {
      opening.signal.throwIfAborted()
      return { server: one.name, error }
    }
  }
  const servers: Server[] = []
  // Where passwords may be asked for, one question at a time.
  await forEachConcurrent([...wanted.entries()], canAsk(opening.world) ? 1 : signInsMax, async ([at, one]) => {
    servers[at] = await open(one)
  })
  const first = servers[0]
  if (first !== undefined && 'error' in first && servers.every((server) => 'error' in server)) throw first.error
  return servers
}

function wantedOf(
  config: Config,
  chosen: string | undefined,
  { name: policy, vcenters: only }: Partial<ForServers> = {},
): readonly VcenterConfig[] {
  const isMeant = ({ name }: VcenterConfig) => only?.includes(name) !== false
  const meant = config.vcenters.filter(isMeant)
  if (chosen === undefined && meant.length > 0) return meant
  const one = chooseVcenter(config, chosen)
  if (!isMeant(one)) throw fail('cli.policy-elsewhere', { policy: policy!, only: only!, chosen: one.name })
  return [one]
}
