import { collect } from '@vmkeep/kit'
import { type DataObject, parseDatastorePath, readProperties, retrieve } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { VmDiskRequest } from '../transport.ts'

/** A datastore on LUNs, as vSphere tells of it. */
export interface SanDatastore {
  readonly name: string
  readonly vmfs: DataObject<'HostVmfsVolume'>
}

const typesElsewhere: Readonly<Record<string, string>> = {
  NFS: 'is a share of NFS, not a LUN: mount it on this machine and use the transport file',
  NFS41: 'is a share of NFS, not a LUN: mount it on this machine and use the transport file',
  vsan: "is vSAN, whose objects lie on the hosts' own disks",
  VVOL: 'is made of vVols, whose disks are objects of the array and no files on a LUN',
  PMEM: 'is persistent memory of a host',
}

/**
 * The datastore that a disk lies on, if it is one that a LUN can be read of. Asks vSphere, also whether the disk is encrypted: on its LUN it
 * would be noise.
 *
 * @throws `transport.san-refused` with the reason; `vsphere.*`
 */
export async function findDatastore(request: VmDiskRequest): Promise<SanDatastore> {
  const refuse = (reason: string) => fail('transport.san-refused', { disk: request.path, reason })
  const { session, vm, signal, deviceKey } = request
  const paths = ['datastore', 'config.keyId', 'config.hardware.device'] as const
  const of = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths }, signal)
  const device = of['config.hardware.device']?.find(({ key }) => key === deviceKey)
  const keyId = (device?.backing as { readonly keyId?: unknown } | undefined)?.keyId
  if (keyId !== undefined) throw refuse('the disk is encrypted; only its host can read it')
  const name = parseDatastorePath(request.path)?.datastore
  const from = of.datastore ?? []
  const known = await collect(
    retrieve(session, { type: 'Datastore', paths: ['name', 'summary.type', 'info'], from }, signal),
  )
  const found = known.find(({ properties }) => properties.name === name)?.properties
  if (name === undefined || found === undefined) throw refuse(`its datastore ${name ?? ''} is not among the VM's`)
  const type = found['summary.type'] ?? ''
  const elsewhere = typesElsewhere[type]
  if (elsewhere !== undefined) throw refuse(`the datastore ${name} ${elsewhere}`)
  const vmfs = found.info?.$type === 'VmfsDatastoreInfo' ? found.info.vmfs : undefined
  if (vmfs === undefined) throw refuse(`the datastore ${name} is of type ${type}, of which no LUN is known`)
  return { name, vmfs: readable({ name, vmfs }, refuse) }
}

function readable({ name, vmfs }: SanDatastore, refuse: (reason: string) => Error): SanDatastore['vmfs'] {
  if (vmfs.local === true)
    throw refuse(`the datastore ${name} is on a local disk of its host, which no other machine sees`)
  if (vmfs.majorVersion !== 5 && vmfs.majorVersion !== 6)
    throw refuse(`the datastore ${name} is VMFS ${vmfs.version}; VMFS 5 and 6 are read`)
  if (vmfs.extent.length === 0) throw refuse(`vSphere names no LUN of the datastore ${name}`)
  return vmfs
}
