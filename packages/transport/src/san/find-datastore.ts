import { collect } from '@vmkeep/kit'
import { parseDatastorePath, readProperties, retrieve } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import { encrypted, isEncrypted } from '../is-encrypted.ts'
import type { VmDiskRequest } from '../transport.ts'
import { datastoreOnLuns, type SanDatastore } from './datastore-on-luns.ts'

/**
 * The datastore that a disk lies on, if it is one that a LUN can be read of. Asks vSphere once more, since a VM may have moved since the survey; also whether
 * the disk is encrypted: on its LUN it would be noise.
 *
 * @throws `transport.san-refused` with the reason; `vsphere.*`
 */
export async function findDatastore(request: VmDiskRequest): Promise<SanDatastore> {
  const refuse = (reason: string) => fail('transport.san-refused', { disk: request.path, reason })
  const { session, vm, signal, deviceKey } = request
  const paths = ['datastore', 'config.hardware.device'] as const
  const of = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths }, signal)
  const device = of['config.hardware.device']?.find(({ key }) => key === deviceKey)
  if (device !== undefined && isEncrypted({ device })) throw refuse(encrypted)
  const name = parseDatastorePath(request.path)?.datastore
  const from = of.datastore ?? []
  const known = await collect(
    retrieve(session, { type: 'Datastore', paths: ['name', 'summary.type', 'info'], from }, signal),
  )
  const found = known.find(({ properties }) => properties.name === name)?.properties
  if (name === undefined || found === undefined) throw refuse(`its datastore ${name ?? ''} is not among the VM's`)
  const onLuns = datastoreOnLuns({ name, type: found['summary.type'] ?? '', info: found.info })
  if ('whyNot' in onLuns) throw refuse(onLuns.whyNot)
  return onLuns
}
