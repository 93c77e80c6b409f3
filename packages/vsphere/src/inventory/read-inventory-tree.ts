import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { InventoryTree } from './inventory-tree.ts'

/** Reads folders, datacenters and virtual apps: all that paths of VMs are made of. The same on vCenter and on ESXi. */
export async function readInventoryTree(session: Session, signal?: AbortSignal): Promise<InventoryTree> {
  const { rootFolder } = session.content
  const tree = new InventoryTree(rootFolder)
  const from = { under: rootFolder }
  for (const type of ['Folder', 'Datacenter'] as const)
    for await (const { ref, properties } of retrieve(session, { type, from, paths: ['name', 'parent'] }, signal))
      tree.add({ ref, name: properties.name ?? ref.value, parent: properties.parent })
  // Only the topmost virtual app lies in a folder; those inside it lie in one another.
  const paths = ['name', 'parentFolder', 'parentVApp'] as const
  for await (const { ref, properties } of retrieve(session, { type: 'VirtualApp', from, paths }, signal))
    tree.add({ ref, name: properties.name ?? ref.value, parent: properties.parentFolder ?? properties.parentVApp })
  return tree
}
