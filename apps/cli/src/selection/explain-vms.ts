import type { Repository } from '@vmkeep/repository'
import { type Protection, protectionOf } from '@vmkeep/selection'
import { matchesSelector, type SelectableVm, type Session } from '@vmkeep/vsphere'
import type { Config } from '../config/schema.ts'
import { fail } from '../errors.ts'
import type { Messages } from '../output/messages.ts'
import { selectionsOf } from './policies.ts'
import { readSelectable } from './selectable.ts'

/** Why a VM is protected or not, and how far its restore points go. */
export interface Explained {
  readonly vm: string
  readonly path: string
  readonly uuid?: string | undefined
  readonly state: Protection['state']
  readonly policy?: string
  readonly because: string
  /** Further policies that select it and leave it to the first. */
  readonly also: readonly string[]
  readonly excludeDisks: readonly string[]
  /** When its newest restore point was made. */
  readonly newest?: string
}

interface Asking {
  /** Names, globs, paths, uuids or references; every VM if empty. */
  readonly vm: readonly string[]
  readonly config: Config
  readonly session: Session
  readonly repository: Repository | undefined
  readonly say: Messages
  readonly signal: AbortSignal
}

/** @throws `cli.vm-not-found`, `cli.policy-selector`, `cli.tags-unknown` */
export async function explainVms({ vm, config, session, repository, say, signal }: Asking): Promise<Explained[]> {
  const policies = selectionsOf(config)
  if (policies.length === 0) say.warn('the config has no policies, so no VM is protected by one')
  const asking = policies.flatMap(({ select, exclude }) => (exclude === undefined ? [select] : [select, exclude]))
  const all = await readSelectable(session, asking, { say, signal })
  const meant = all.filter(({ summary }) => vm.length === 0 || vm.some((name) => matchesSelector(name, summary)))
  if (vm.length > 0 && meant.length === 0)
    throw fail('cli.vm-not-found', { name: vm.join(', '), vcenter: session.host })
  const newest = repository === undefined ? new Map<string, string>() : await newestPoints(repository, signal)
  return meant.map((facts) => explained(facts, protectionOf(facts, policies), newest))
}

function explained(facts: SelectableVm, protection: Protection, newest: ReadonlyMap<string, string>): Explained {
  const { name, path, uuid } = facts
  const point = newest.get(uuid?.toLowerCase() ?? '')
  const { state } = protection
  const isProtected = state === 'protected'
  return {
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
