import type { AnyOf, DataObject } from '@vmkeep/vsphere'

/** A datastore on LUNs, as vSphere tells of it. */
export interface SanDatastore {
  readonly name: string
  readonly vmfs: DataObject<'HostVmfsVolume'>
}

/** What vSphere says of a datastore. */
export interface DatastoreFacts {
  readonly name: string
  /** `summary.type` */
  readonly type: string
  readonly info: AnyOf<'DatastoreInfo'> | undefined
}

const typesElsewhere: Readonly<Record<string, string>> = {
  NFS: 'is a share of NFS, not a LUN: mount it on this machine and use the transport file',
  NFS41: 'is a share of NFS, not a LUN: mount it on this machine and use the transport file',
  vsan: "is vSAN, whose objects lie on the hosts' own disks",
  VVOL: 'is made of vVols, whose disks are objects of the array and no files on a LUN',
  PMEM: 'is persistent memory of a host',
}

/** Whether a datastore lies on LUNs that another machine may see, and of a kind that is read here. Pure. */
export function datastoreOnLuns({ name, type, info }: DatastoreFacts): SanDatastore | { readonly whyNot: string } {
  const whyNot = (reason: string) => ({ whyNot: `the datastore ${name} ${reason}` })
  const elsewhere = typesElsewhere[type]
  if (elsewhere !== undefined) return whyNot(elsewhere)
  const vmfs = info?.$type === 'VmfsDatastoreInfo' ? info.vmfs : undefined
  if (vmfs === undefined) return whyNot(`is of type ${type}, of which no LUN is known`)
  if (vmfs.local === true) return whyNot('is on a local disk of its host, which no other machine sees')
  if (vmfs.majorVersion !== 5 && vmfs.majorVersion !== 6)
    return whyNot(`is VMFS ${vmfs.version}; VMFS 5 and 6 are read`)
  return vmfs.extent.length === 0 ? whyNot('has no LUN that vSphere names') : { name, vmfs }
}
