import type { Repository } from '@vmkeep/repository'
import { type Protection, protectionOf, type VmFacts } from '@vmkeep/selection'
import type { Config } from '../config/schema.ts'
import type { Messages } from '../output/messages.ts'
import type { Server } from '../services.ts'
import { askServers } from './ask-servers.ts'
import { askingOf, selectionsOf } from './policies.ts'
import { findSeenTwice } from './seen-twice.ts'
import { readSelectable } from './selectable.ts'

/** Why a VM is protected or not, and how far its restore points go. */
export interface Explained {
  /** Its vCenter or host, where several were asked. */
  readonly server?: string
  readonly vm: string
  readonly path: string
  readonly uuid?: string | undefined
  readonly state: Protection['state']
  readonly policy?: string
  readonly because: string
  /** Further policies that select it and leave it to the first. */
  readonly also: readonly string[]
  readonly excludeDisks: readonly string[]
  /** The server through which it is backed up, if that is another one that shows it too. */
  readonly through?: string
  /** When its newest restore point was made. */
  readonly newest?: string
}

interface Asking {
  /** Names, globs, paths, uuids or references; every VM if empty. */
  readonly vm: readonly string[]
  readonly config: Config
  readonly servers: readonly Server[]
  readonly repository: Repository | undefined
  readonly say: Messages
  readonly signal: AbortSignal
}

interface Answer {
  readonly vms: readonly Explained[]
  /** Not all servers answered. */
  readonly complete: boolean
}

/** @throws `cli.vm-not-found`, `cli.vm-on-no-server`, `cli.policy-selector`, `cli.tags-unknown` */
export async function explainVms({ vm, config, servers, repository, say, signal }: Asking): Promise<Answer> {
  const policies = selectionsOf(config)
  if (policies.length === 0) say.warn('the config has no policies, so no VM is protected by one')
  const { found, complete } = await askServers({
    servers,
    names: vm,
    ask: async (server, session) =>
      (await readSelectable({ server, session, say, signal }, askingOf(policies, server))).vms,
    summaryOf: ({ summary }) => summary,
    say,
    signal,
  })
  const newest = repository === undefined ? new Map<string, string>() : await newestPoints(repository, signal)
  const reached = servers.filter((one) => 'session' in one)
  const seen = found.flatMap(({ server, summary }) =>
    reached.flatMap((one) => (one.server === server ? [{ ...one, vm: summary }] : [])),
  )
  const { through } = await findSeenTwice(seen, signal)
  const verdicts = new Map(found.map((facts) => [facts.summary, protectionOf(facts, policies)]))
  const vms = found.map((facts) => {
    const own = explained(facts, verdicts.get(facts.summary)!, newest)
    const other = through.get(facts.summary)
    return other === undefined ? own : explainedThrough(own, other.server, verdicts.get(other.vm)!)
  })
  return { vms, complete }
}

/** Of a VM that another server shows too: that one's word counts, if it backs it up in the same run. */
function explainedThrough(own: Explained, server: string, other: Protection): Explained {
  if (other.state !== 'protected') return own
  const { policy } = other
  if (own.state === 'protected' && own.policy !== policy)
    return { ...own, because: `${own.because}; it is backed up through ${server} too, by ${policy}` }
  const { also, excludeDisks } = other
  return {
    ...own,
    state: 'protected',
    policy,
    because: `backed up through ${server}`,
    also,
    excludeDisks,
    through: server,
  }
}

function explained(
  facts: VmFacts & { readonly server?: string },
  protection: Protection,
  newest: ReadonlyMap<string, string>,
): Explained {
  const { name, path, uuid } = facts
  const point = newest.get(uuid?.toLowerCase() ?? '')
  const { state } = protection
  const isProtected = state === 'protected'
  return {
    ...(facts.server !== undefined && { server: facts.server }),
    vm: name,
    path,
    uuid,
    state,
    ...('policy' in protection && protection.policy !== undefined && { policy: protection.policy }),
    because: typeof protection.because === 'string' ? protection.because : forEach(protection.because),
    also: isProtected ? protection.also : [],
    excludeDisks: isProtected ? protection.excludeDisks : [],
    ...(point !== undefined && { newest: point }),
  }
}

const forEach = (reasons: readonly { readonly policy: string; readonly because: string }[]): string =>
  reasons.map(({ policy, because }) => `${policy}: ${because}`).join('; ') || 'there is no policy'

async function newestPoints(repository: Repository, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>()
  for await (const point of repository.points(signal)) {
    if (point.damaged !== undefined || point.subject.kind !== 'vm') continue
    const known = newest.get(point.subject.id)
    if (known === undefined || known < point.createdAt) newest.set(point.subject.id, point.createdAt)
  }
  return newest
}
