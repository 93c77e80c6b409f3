import { hasCode } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { decodeName, formatPath } from './names.ts'

/** Something in the inventory, with its stored name. */
export interface Ancestor {
  readonly ref: ManagedObjectReference
  readonly storedName: string
}

const depthMax = 100

/**
 * What an object lies in, from the top down to the object itself, without the root folder. As much as this account may see.
 * A VM in a virtual app lies in that app, and the topmost app in a folder.
 */
export async function ancestorsOf(
  session: Session,
  ref: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<Ancestor[]> {
  const chain: Ancestor[] = []
  let at: ManagedObjectReference | undefined = ref
  for (let depth = 0; at !== undefined && depth < depthMax; depth++) {
    if (at.value === session.content.rootFolder.value && at.type === 'Folder') break
    const found = await readNode(session, at, signal)
    if (found === undefined) break
    chain.unshift({ ref: at, storedName: found.name ?? at.value })
    at = found.parentVApp ?? found.parentFolder ?? found.parent
  }
  return chain
}

interface Node {
  readonly name?: string
  readonly parent?: ManagedObjectReference
  readonly parentVApp?: ManagedObjectReference
  readonly parentFolder?: ManagedObjectReference
}

async function readNode(
  session: Session,
  ref: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<Node | undefined> {
  try {
    if (ref.type === 'VirtualMachine')
      return await readProperties(
        session,
        { type: 'VirtualMachine', ref, paths: ['name', 'parent', 'parentVApp'] },
        signal,
      )
    if (ref.type === 'VirtualApp')
      return await readProperties(
        session,
        { type: 'VirtualApp', ref, paths: ['name', 'parentFolder', 'parentVApp'] },
        signal,
      )
    return await readProperties(session, { type: 'ManagedEntity', ref, paths: ['name', 'parent'] }, signal)
  } catch (error) {
    if (hasCode(error, 'vsphere.no-permission', 'vsphere.not-found')) return undefined
    throw error
  }
}

/** A path for people. */
export const pathTo = (chain: readonly Ancestor[]): string => formatPath(chain.map(({ storedName }) => storedName))

/** The inventory path of any object: `/DC/vm/web/web-1`. */
export async function inventoryPathOf(
  session: Session,
  ref: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<string> {
  return pathTo(await ancestorsOf(session, ref, signal))
}

/** The datacenter among what an object lies in, with its path as vSphere stores it: what `/folder` asks for. */
export function datacenterOf(
  chain: readonly Ancestor[],
): { readonly ref: ManagedObjectReference; readonly name: string; readonly storedPath: string } | undefined {
  const at = chain.findIndex(({ ref }) => ref.type === 'Datacenter')
  if (at < 0) return undefined
  const storedPath = chain
    .slice(0, at + 1)
    .map(({ storedName }) => storedName)
    .join('/')
  return { ref: chain[at]!.ref, name: decodeName(chain[at]!.storedName), storedPath }
}
