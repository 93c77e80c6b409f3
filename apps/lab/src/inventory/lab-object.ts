import type { ManagedObjectName, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Session } from '../soap/session.ts'

/**
 * A managed object of the lab.
 *
 * Its getters carry the names of vSphere's properties and give the whole value as it is now; `undefined` is unset.
 * What is not such a property has a name that vSphere does not use for this type.
 */
export abstract class LabObject {
  readonly ref: ManagedObjectReference & { readonly type: ManagedObjectName }

  constructor(type: ManagedObjectName, value: string) {
    this.ref = { type, value }
  }

  /** A property's value for one reader. Only a few depend on who reads. */
  read(property: string, _reader: Session | undefined): unknown {
    return (this as unknown as Readonly<Record<string, unknown>>)[property]
  }
}
