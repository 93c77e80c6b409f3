import { hasCode, messageOf } from '@vmkeep/kit'
import type { BaseContext } from './command.ts'
import type { LoadedConfig } from './config/load-config.ts'
import type { Globals } from './parse.ts'
import { serviceOrder, type Services } from './services.ts'

/** What opening a service may use. */
export interface Opening extends BaseContext {
  readonly globals: Globals
}

interface Opened extends AsyncDisposable {
  readonly services: Partial<Services>
}

type Opener<T> = (opening: Opening, config: () => Promise<LoadedConfig>, stack: AsyncDisposableStack) => Promise<T>

/** Loaded when wanted: a command that needs no vCenter does not wait for vSphere's types. */
const openers: { readonly [K in keyof Services]: Opener<Services[K]> } = {
  config: (_, config) => config(),
  async repository(opening, config, stack) {
    const { openConfiguredRepository } = await import('./open-repository.ts')
    return stack.use(await openConfiguredRepository(await config(), opening))
  },
  async repositoryIfAny(opening, config, stack) {
    const { path } = (await config()).config.repository
    if (path === undefined) return undefined
    return openers.repository(opening, config, stack).catch((error: unknown) => {
      if (!hasCode(error, 'storage.missing', 'repository.missing')) throw error
      opening.say.warn(`no restore points are known: ${messageOf(error)}`)
      return undefined
    })
  },
  async session(opening, config, stack) {
    const { openConfiguredSession } = await import('./open-session.ts')
    return stack.use(await openConfiguredSession(await config(), opening))
  },
  openServers: async (opening, config, stack) => async (policy) => {
    const { openConfiguredServers } = await import('./open-servers.ts')
    return openConfiguredServers(await config(), opening, stack, policy)
  },
  openRepository: async (opening, config, stack) => () => openers.repository(opening, config, stack),
  openSession: async (opening, config, stack) => () => openers.session(opening, config, stack),
}

/** Opens what a command needs, cheapest first. Disposing closes it in reverse, what was opened later by the command included. */
export async function openServices(needs: readonly (keyof Services)[], opening: Opening): Promise<Opened> {
  const stack = new AsyncDisposableStack()
  const services: Partial<Services> = {}
  let loaded: Promise<LoadedConfig> | undefined
  const config = () => (loaded ??= loadConfigOf(opening))
  try {
    for (const name of serviceOrder.filter((each) => needs.includes(each))) {
      opening.signal.throwIfAborted()
      Object.assign(services, { [name]: await openers[name](opening, config, stack) })
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
  return { services, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function loadConfigOf({ globals, world }: Opening): Promise<LoadedConfig> {
  const { loadConfig } = await import('./config/load-config.ts')
  const { config, repo, vcenter, asOf } = globals.values
  return loadConfig({ config, repo, vcenter, asOfMs: asOf, originOf: globals.originOf }, world)
}
