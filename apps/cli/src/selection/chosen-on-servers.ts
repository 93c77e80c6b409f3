import type { ServerBackup } from '@vmkeep/backup'
import { collect, messageOf } from '@vmkeep/kit'
import { listVms, matchesSelector, pickVm, type VmSummary } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { Server } from '../services.ts'
import { type Choosing, chosenVms, type Surroundings } from './chosen-vms.ts'
import { findSeenTwice, tellSeenTwice } from './seen-twice.ts'

export interface UnusableServer {
  readonly server: string
  readonly error: unknown
}

export interface ChosenOnServers {
  readonly servers: readonly ServerBackup[]
  /** Those that could not be reached, or whose VMs could not be chosen. */
  readonly unusable: readonly UnusableServer[]
  /** Names of VMs that are on none of the servers that could be reached. There are none where all could be. */
  readonly notFound: readonly string[]
}

type Reached = Extract<Server, { session: unknown }>

/**
 * {@link chosenVms} on one or several servers. A rule chooses on each of them; a name may be on any, and is refused if it is on more than one.
 *
 * @throws `cli.vm-on-several-servers`, `cli.vm-on-no-server`; what `chosenVms` throws, if it does so on all servers
 */
export async function chosenOnServers(
  choosing: Choosing,
  servers: readonly Server[],
  around: Omit<Surroundings, 'server' | 'session'>,
): Promise<ChosenOnServers> {
  const unusable = servers.filter((server) => 'error' in server)
  const reached = servers.filter((server) => 'session' in server)
  const choose = async ({ server, session }: Reached, vm: readonly string[]) => ({
    server,
    session,
    ...(await chosenVms({ ...choosing, vm }, { ...around, server, session })),
  })
  const [only] = reached
  if (servers.length === 1 && only !== undefined)
    return { servers: [await choose(only, choosing.vm)], unusable, notFound: [] }
  if (choosing.vm.length > 0) {
    const { namesOn, notFound } = await findNames(choosing.vm, reached, unusable, around)
    const named = reached.filter(({ server }) => namesOn.has(server))
    const chosen = await Promise.all(named.map((server) => choose(server, namesOn.get(server.server)!)))
    return { servers: await eachOnce(chosen, around), unusable, notFound }
  }
  const tried = await Promise.all(
    reached.map(async (server) =>
      choose(server, []).catch((error: unknown): UnusableServer => ({ server: server.server, error })),
    ),
  )
  around.signal.throwIfAborted()
  const failed = tried.filter((one) => 'error' in one)
  if (failed.length === reached.length) throw failed[0]!.error // what is wrong everywhere is wrong with the question
  const chosen = await eachOnce(
    tried.filter((one) => 'session' in one),
    around,
  )
  return { servers: chosen, unusable: [...unusable, ...failed], notFound: [] }
}

/** A VM that two servers show is backed up through one of them. */
async function eachOnce(
  chosen: readonly ServerBackup[],
  { say, signal }: Pick<Surroundings, 'say' | 'signal'>,
): Promise<readonly ServerBackup[]> {
  const seen = chosen.flatMap(({ server, session, vms }) => vms.map((vm) => ({ server, session, vm })))
  const twice = await findSeenTwice(seen, signal)
  tellSeenTwice(twice, seen, say)
  return chosen.map((one) => ({ ...one, vms: one.vms.filter((vm) => !twice.through.has(vm)) }))
}

/** Which names are meant on which server. */
async function findNames(
  names: readonly string[],
  reached: readonly Reached[],
  unusable: readonly UnusableServer[],
  { say, signal }: Pick<Surroundings, 'say' | 'signal'>,
): Promise<{ readonly namesOn: ReadonlyMap<string, readonly string[]>; readonly notFound: readonly string[] }> {
  const lists = await Promise.all(
    reached.map(async ({ server, session }) => ({ server, session, vms: await collect(listVms(session, signal)) })),
  )
  const namesOn = new Map<string, string[]>()
  const notFound: string[] = []
  for (const name of names) {
    const lookedAt = lists.filter(({ vms }) => isAmong(vms, name))
    const on = lookedAt.map(({ server }) => server)
    if (on.length > 1 && !isPattern(name)) {
      const seen = lookedAt.map(({ vms, ...one }) => ({ ...one, vm: pickVm(vms, name) }))
      const { through } = await findSeenTwice(seen, signal)
      const kept = seen.filter(({ vm }) => !through.has(vm))
      if (kept.length > 1) throw fail('cli.vm-on-several-servers', { name, servers: on })
    }
    if (on.length === 0) notFound.push(name)
    for (const server of on) namesOn.set(server, [...(namesOn.get(server) ?? []), name])
  }
  for (const name of notFound) {
    if (unusable.length === 0) throw fail('cli.vm-on-no-server', { name, servers: reached.map(({ server }) => server) })
    const why = unusable.map(({ server, error }) => `${server}: ${messageOf(error)}`).join('; ')
    say.warn(`"${name}" is on none of the servers that could be reached, and is not backed up (${why})`)
  }
  return { namesOn, notFound }
}

function isAmong(vms: readonly VmSummary[], name: string): boolean {
  if (!vms.some((vm) => matchesSelector(name, vm))) return false
  if (!isPattern(name)) pickVm(vms, name) // refuses a name that two VMs of one server have
  return true
}

const isPattern = (name: string) => /[*?]/.test(name)
