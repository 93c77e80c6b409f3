import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { fail } from './errors.ts'

/** A host's own name for a file of a datastore. Source: `parentFileNameHint` of linked clones. Evidence: observed. */
const hostPath = /^\/vmfs\/volumes\/[^/]+\/(.+)$/

/**
 * Where a child's parent lies, by the hint in its descriptor: beside the child, or, if it is named by a host's path, at that place below
 * `root`. Never outside of `root`, whatever the hint says and links lead to.
 *
 * @throws `vmdk.parent-outside`, `vmdk.chain-broken`
 */
export async function parentPath(child: string, hint: string, root: string | undefined): Promise<string> {
  const folder = dirname(resolve(child))
  if (hint === '' || hint.includes('\0'))
    throw fail('vmdk.chain-broken', { path: child, fact: 'it is the child of a disk that it does not name' })
  const parent = await firstThere(candidates(folder, hint, root))
  if (parent === undefined)
    throw fail('vmdk.chain-broken', {
      path: child,
      fact: `its parent "${hint}" is neither beside it nor where it says`,
    })
  const within = await realpath(root ?? folder)
  const inside = relative(within, parent)
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
    throw fail('vmdk.parent-outside', { path: child, parent: hint, root: within })
  return parent
}

function candidates(folder: string, hint: string, root: string | undefined): string[] {
  const below = hostPath.exec(hint)?.[1]
  const placed = below !== undefined && root !== undefined ? [join(root, below)] : []
  return isAbsolute(hint) ? [...placed, join(folder, basename(hint))] : [resolve(folder, hint)]
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined)
    if (real !== undefined) return real
  }
  return undefined
}
