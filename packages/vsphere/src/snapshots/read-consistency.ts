import { messageOf } from '@vmkeep/kit'
import { datastoreFolderOf, formatDatastorePath, parseDatastorePath } from '../files/datastore-path.ts'
import { downloadFile } from '../files/download-file.ts'
import type { Session } from '../session/session.ts'
import type { Vm } from '../vm/vm.ts'
import type { SnapshotNode } from './snapshot-tree.ts'
import { tellsOfWriters } from './vss-manifest.ts'

/** How consistent a snapshot is: as after a power cut; file systems at rest; applications at rest and told so by VSS. */
export type Consistency = 'crash' | 'quiesced' | 'application'

export interface ReachedConsistency {
  readonly level: Consistency
  /** VSS's manifest, for whoever restores an application with VSS. */
  readonly manifest?: Buffer
  /** Why there is no saying whether applications took part, though there is a manifest. */
  readonly manifestFailure?: string
}

const manifestBytesMax = 4 * 1024 * 1024 // writers' documents are XML, some hundred KiB of it zipped

/**
 * Reads what a snapshot really is: from its tree entry, and from VSS's manifest. What is not proven is not said: without a readable
 * manifest that lists writers, it is not `application`.
 *
 * Source: VirtualMachineSnapshotTree.quiesced, .backupManifest ("relative path from the snapshotDirectory"). Evidence: documented.
 */
export async function readConsistency(
  session: Session,
  vm: Pick<Vm, 'config' | 'datacenterPath'>,
  snapshot: SnapshotNode | undefined,
  signal: AbortSignal,
): Promise<ReachedConsistency> {
  if (snapshot?.quiesced !== true) return { level: 'crash' }
  const { backupManifest } = snapshot
  if (backupManifest === undefined || backupManifest === '') return { level: 'quiesced' }
  const path = manifestPath(vm, backupManifest)
  try {
    const { datacenterPath } = vm
    const manifest = await downloadFile(session, path, { datacenterPath, signal, sizeBytesMax: manifestBytesMax })
    const writers = tellsOfWriters(manifest)
    if (writers === undefined)
      return { level: 'quiesced', manifest, manifestFailure: `${path} is no readable zip file` }
    return { level: writers ? 'application' : 'quiesced', manifest }
  } catch (error) {
    signal.throwIfAborted()
    return { level: 'quiesced', manifestFailure: messageOf(error) }
  }
}

/** The snapshot directory is the VM's own folder, unless its settings name another (`workingDir`). */
function manifestPath({ config }: Pick<Vm, 'config'>, manifest: string): string {
  const { snapshotDirectory, vmPathName = '' } = config?.files ?? {}
  const own = parseDatastorePath(vmPathName)
  const folder = snapshotDirectory === undefined ? own && datastoreFolderOf(own) : parseDatastorePath(snapshotDirectory)
  if (folder === undefined) return manifest
  return formatDatastorePath({ ...folder, path: [folder.path.replace(/\/+$/, ''), manifest].filter(Boolean).join('/') })
}
