import { messageOf } from '@vmkeep/kit'
import { matchesSelector, type Session, type VmSummary } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { Messages } from '../output/messages.ts'
import type { Server } from '../services.ts'

interface Asking<T> {
  readonly servers: readonly Server[]
  /** Names, globs, paths, uuids or references; every VM if empty. */
  readonly names: readonly string[]
  readonly ask: (server: string, session: Session) => Promise<readonly T[]>
  readonly summaryOf: (found: T) => VmSummary
  readonly say: Messages
  readonly signal: AbortSignal
}

interface Asked<T> {
  /** With the server, where several were to be asked. */
  readonly found: readonly (T & { readonly server?: string })[]
  /** Not all servers answered: they are told. */
  readonly complete: boolean
}

/**
 * What is asked of every VM of one or several servers, and told of those that are meant.
 *
 * @throws `cli.vm-not-found`, `cli.vm-on-no-server`; what asking throws, if it does so on all servers
 */
export async function askServers<T>({ servers, names, ask, summaryOf, say, signal }: Asking<T>): Promise<Asked<T>> {
  const tried = await Promise.all(
    servers.map(async (one) => {
      if ('error' in one) return one
      const { server, session } = one
      return ask(server, session).then(
        (vms) => ({ server, session, vms }),
        (error: unknown) => ({ server, error }),
      )
    }),
  )
  signal.throwIfAborted()
  const answered = tried.filter((one) => 'vms' in one)
  const silent = tried.filter((one) => 'error' in one)
  if (answered.length === 0) throw silent[0]!.error
  for (const { server, error } of silent) say.warn(`the VMs of ${server} are missing here: ${messageOf(error)}`)
  const isMeant = (vm: T) => names.length === 0 || names.some((name) => matchesSelector(name, summaryOf(vm)))
  for (const name of names) {
    if (answered.some(({ vms }) => vms.some((vm) => matchesSelector(name, summaryOf(vm))))) continue
    const [{ session }] = answered as [(typeof answered)[number]]
    if (silent.length > 0) say.warn(`"${name}" is on none of the servers that answered`)
    else if (servers.length === 1) throw fail('cli.vm-not-found', { name, vcenter: session.host })
    else throw fail('cli.vm-on-no-server', { name, servers: servers.map(({ server }) => server) })
  }
  const found = answered.flatMap(({ server, vms }) =>
    vms.filter(isMeant).map((vm) => ({ ...vm, ...(servers.length > 1 && { server }) })),
  )
  return { found, complete: silent.length === 0 }
}

/** How people are told of a VM: by its server, too, where there are several. */
export const nameOn = ({ server }: { readonly server?: string }, name: string): string =>
  server === undefined ? name : `${server}/${name}`
