import { forEachConcurrent } from '@vmkeep/kit'
import { chooseVcenter } from './config/choose-vcenter.ts'
import type { LoadedConfig } from './config/load-config.ts'
import type { VcenterConfig } from './config/schema.ts'
import { openVcenter } from './open-session.ts'
import type { Opening } from './open-services.ts'
import type { Server } from './services.ts'
import { canAsk } from './terminal/ask.ts'

const signInsMax = 8

/**
 * Logs in to the chosen server of the config, or to all of them, one session each. They are logged out when the stack is disposed.
 *
 * @throws what logging in throws, if there is no server that could be logged in to
 */
export async function openConfiguredServers(
  { config, vcenter }: LoadedConfig,
  opening: Opening,
  stack: AsyncDisposableStack,
): Promise<readonly Server[]> {
  const wanted =
    vcenter === undefined && config.vcenters.length > 1 ? config.vcenters : [chooseVcenter(config, vcenter)]
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
