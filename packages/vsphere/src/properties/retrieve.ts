import { hasCode } from '@vmkeep/kit'
import type { Session } from '../session/session.ts'
import { faultOf } from '../soap/fault-error.ts'
import type { DataObject, ManagedObjectName, ManagedObjectReference, PropertyAt } from '../types/data-object.ts'

/** Where to look: one object, a list of them, or everything of the type in the inventory below a folder (or other container). */
export type RetrieveFrom =
  | ManagedObjectReference
  | readonly ManagedObjectReference[]
  | { readonly under: ManagedObjectReference }

export interface Retrieved<N extends ManagedObjectName, P extends string> {
  readonly ref: ManagedObjectReference
  /** Those asked for that are set, by their path. */
  readonly properties: { readonly [K in P]?: PropertyAt<N, K> }
  /** Those that could not be read, and why: mostly NoPermission. */
  readonly missing: readonly DataObject<'MissingProperty'>[]
}

export interface RetrieveRequest<N extends ManagedObjectName, P extends string> {
  readonly type: N
  readonly paths: readonly P[]
  readonly from: RetrieveFrom
  /** Objects per page. 100 if left out: about 1 MB of VMs with their devices. */
  readonly pageObjects?: number
}

const listChunk = 500
const attemptsMax = 3

/**
 * Reads properties of many objects, page by page: memory holds one page, however large the inventory.
 *
 * Every object comes once, in no particular order. Of a list, objects that no longer exist are left out. If the session has
 * to be renewed on the way, the rest is read anew. Views and pages are given back to the server, also on an early stop.
 *
 * @throws `vsphere.*`; `signal.reason`
 */
export async function* retrieve<N extends ManagedObjectName, const P extends string>(
  session: Session,
  request: RetrieveRequest<N, P>,
  signal?: AbortSignal,
): AsyncGenerator<Retrieved<N, P>, void, undefined> {
  const seen = new Set<string>()
  const keyOf = ({ type, value }: ManagedObjectReference) => `${type}:${value}`
  for (let attempt = 1; ; attempt++) {
    const generation = session.generation
    try {
      for await (const object of retrieveOnce(session, request, seen, signal)) {
        if (seen.has(keyOf(object.obj))) continue
        seen.add(keyOf(object.obj))
        yield retrieved<N, P>(object)
      }
      return
    } catch (error) {
      // A page token or a view dies with its session. Without a new session the failure is what it says.
      if (session.generation === generation || attempt === attemptsMax || signal?.aborted === true) throw error
    }
  }
}

function retrieved<N extends ManagedObjectName, P extends string>(
  object: DataObject<'ObjectContent'>,
): Retrieved<N, P> {
  const set = object.propSet?.filter(({ val }) => val !== undefined) ?? []
  const properties = Object.fromEntries(set.map(({ name, val }) => [name, val]))
  return { ref: object.obj, properties: properties as Retrieved<N, P>['properties'], missing: object.missingSet ?? [] }
}

async function* retrieveOnce(
  session: Session,
  { type, paths, from, pageObjects = 100 }: RetrieveRequest<ManagedObjectName, string>,
  seen: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): AsyncIterable<DataObject<'ObjectContent'>> {
  const propSet = [{ type, pathSet: paths }]
  if ('under' in from) {
    await using view = await openView(session, from.under, type, signal)
    yield* pages(session, { propSet, objectSet: [viewSpec(view.ref)] }, pageObjects, signal)
    return
  }
  const refs = (Array.isArray as (x: unknown) => x is readonly ManagedObjectReference[])(from) ? from : [from]
  const rest = refs.filter((ref) => !seen.has(`${ref.type}:${ref.value}`))
  for (let at = 0; at < rest.length; at += listChunk)
    yield* listed(session, propSet, rest.slice(at, at + listChunk), pageObjects, signal)
}

/** Reads a list. One object that is gone fails the whole call: it is taken off the list, and the others are read. */
async function* listed(
  session: Session,
  propSet: readonly DataObject<'PropertySpec'>[],
  refs: readonly ManagedObjectReference[],
  pageObjects: number,
  signal: AbortSignal | undefined,
): AsyncIterable<DataObject<'ObjectContent'>> {
  let rest = refs
  while (rest.length > 0) {
    try {
      yield* pages(session, { propSet, objectSet: rest.map((obj) => ({ obj })) }, pageObjects, signal)
      return
    } catch (error) {
      const gone = hasCode(error, 'vsphere.not-found') ? faultOf(error) : undefined
      if (gone?.$type !== 'ManagedObjectNotFound') throw error
      const remaining = rest.filter((ref) => ref.value !== gone.obj.value)
      if (remaining.length === rest.length) throw error // it is not one of ours: the collector itself, say
      rest = remaining
    }
  }
}

async function* pages(
  session: Session,
  filter: DataObject<'PropertyFilterSpec'>,
  maxObjects: number,
  signal: AbortSignal | undefined,
): AsyncIterable<DataObject<'ObjectContent'>> {
  const _this = session.content.propertyCollector
  let token: string | undefined
  try {
    let page = await session.call(
      'RetrievePropertiesEx',
      { _this, specSet: [filter], options: { maxObjects } },
      { signal },
    )
    while (page !== undefined) {
      token = page.token
      yield* page.objects
      if (token === undefined) return
      const next = token
      token = undefined // used up by the call, whether it succeeds or not
      page = await session.call('ContinueRetrievePropertiesEx', { _this, token: next }, { signal })
    }
  } finally {
    if (token !== undefined) await quietly(session.call('CancelRetrievePropertiesEx', { _this, token }))
  }
}

const viewSpec = (view: ManagedObjectReference): DataObject<'ObjectSpec'> => ({
  obj: view,
  skip: true,
  selectSet: [{ $type: 'TraversalSpec', name: 'view', type: 'ContainerView', path: 'view', skip: false }],
})

async function openView(
  session: Session,
  container: ManagedObjectReference,
  type: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly ref: ManagedObjectReference } & AsyncDisposable> {
  const request = { _this: session.content.viewManager!, container, type: [type], recursive: true }
  const ref = await session.call('CreateContainerView', request, { signal })
  return { ref, [Symbol.asyncDispose]: () => quietly(session.call('DestroyView', { _this: ref })) }
}

/** For giving things back: it does not matter if they are gone already. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {})
}
