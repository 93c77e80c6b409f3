import { FormatError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { readPropertyXml } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { decodeValueXml } from '../soap/decode-value.ts'
import { disksOf } from '../vm/disks-of.ts'
import type { VmConfig, VmDisk } from '../vm/vm-disk.ts'
import type { SnapshotRef } from './snapshot-options.ts'

/** What a snapshot says about the VM at its moment. */
export interface Captured {
  readonly config: VmConfig
  /** The configuration exactly as the server sent it, unknown devices and fields included. {@link decodeConfigXml} reads it. */
  readonly configXml: string
  readonly disks: readonly VmDisk[]
}

/**
 * Reads a snapshot's own configuration. Never the VM's: that one shows the disks the VM has written to since.
 *
 * @throws `vsphere.not-found` if the snapshot is gone, `vsphere.no-configuration`
 */
export async function captureSnapshot(
  session: Session,
  snapshot: SnapshotRef,
  signal?: AbortSignal,
): Promise<Captured> {
  const configXml = await readPropertyXml(session, { ref: snapshot, path: 'config' }, signal)
  if (configXml === undefined) throw fail('vsphere.no-configuration', { object: snapshot.value })
  const config = decodeConfigXml(configXml)
  return { config, configXml, disks: disksOf(config) }
}

/**
 * Reads a configuration that {@link captureSnapshot} gave as XML, perhaps years ago and from a newer server.
 *
 * @throws `vsphere.saved-config-incomplete` if it is no such XML, or holds no hardware
 */
export function decodeConfigXml(xml: string): VmConfig {
  let value: unknown
  try {
    value = decodeValueXml(xml)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('vsphere.saved-config-incomplete', { missing: `readable configuration: ${messageOf(error)}` }, error)
  }
  const config = value as Partial<VmConfig> | undefined
  if (typeof config !== 'object' || config.hardware === undefined)
    throw fail('vsphere.saved-config-incomplete', { missing: 'hardware' })
  return config as VmConfig
}
