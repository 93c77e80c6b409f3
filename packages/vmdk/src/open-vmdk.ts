import { ChainReader, type VmdkReader } from './chain-reader.ts'
import { noParent } from './descriptor-format.ts'
import { fail } from './errors.ts'
import { type OpenedLayer, openLayer } from './open-layer.ts'
import { localFiles, type VmdkFiles } from './vmdk-files.ts'

/** A host goes to 32 snapshots, and a linked clone may stand on such a chain: more is a chain that leads back to itself. */
const layersMax = 256

export interface OpenVmdkOptions {
  /** The folder that parents may lie below, such as a mounted datastore. Left out: the disk's own folder. */
  readonly root?: string
  /** Where the files lie, if not in folders of this machine. */
  readonly files?: VmdkFiles
}

/**
 * Opens a VMDK by its descriptor or, where the descriptor is inside, by its only file; a snapshot's disk with all its parents.
 *
 * Reads monolithicFlat, vmfs (flat), monolithicSparse, streamOptimized, the disks split into 2 GB extents, and the deltas of hosts,
 * vmfsSparse and seSparse. That a parent is still what its child was made on is checked by their content ids.
 *
 * @throws `vmdk.not-found`, `vmdk.read-failed`, `vmdk.damaged`, `vmdk.extent-outside`, `vmdk.parent-outside`, `vmdk.chain-broken`,
 * `vmdk.unsupported`
 */
export async function openVmdk(
  path: string,
  { root, files = localFiles(root) }: OpenVmdkOptions = {},
): Promise<VmdkReader> {
  const chain: OpenedLayer[] = []
  try {
    let [at, opened] = [path, await openLayer(files, path)]
    chain.push(opened)
    while (isChild(opened)) {
      if (chain.length === layersMax)
        throw fail('vmdk.chain-broken', { path, fact: `it stands on more than ${layersMax - 1} parents` })
      const parentAt = await files.parent(at, opened.descriptor.settings['parentFileNameHint'] ?? '')
      const parent = await openLayer(files, parentAt, at)
      chain.push(parent)
      checkContentId({ child: at, expected: opened.descriptor.parentCid, parent: parentAt, found: parent })
      ;[at, opened] = [parentAt, parent]
    }
    return new ChainReader(path, chain)
  } catch (error) {
    for (const { layer } of chain) await layer[Symbol.asyncDispose]()
    throw error
  }
}

type Child = OpenedLayer & { readonly descriptor: NonNullable<OpenedLayer['descriptor']> }

const isChild = (opened: OpenedLayer): opened is Child =>
  opened.descriptor !== undefined && opened.descriptor.parentCid !== noParent

function checkContentId(link: { child: string; expected: number; parent: string; found: OpenedLayer }): void {
  const { child, expected, parent, found } = link
  const cid = found.descriptor?.cid
  if (cid === expected) return
  const [wanted, had] = [expected, cid ?? 0].map((id) => id.toString(16).padStart(8, '0'))
  throw fail('vmdk.chain-broken', {
    path: child,
    fact: `its parent ${parent} was written to since: its content id is ${had}, not ${wanted}`,
  })
}
