import type { AnyOf, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { DatastoreObject } from './datastore.ts'
import { LabObject } from './lab-object.ts'

const queries = [
  'VmDiskFileQuery',
  'VmConfigFileQuery',
  'TemplateConfigFileQuery',
  'VmSnapshotFileQuery',
  'VmNvramFileQuery',
  'VmLogFileQuery',
  'IsoImageFileQuery',
  'FloppyImageFileQuery',
  'FolderFileQuery',
] as const

/** Looks for files on the datastores of one host, or on one datastore. */
export class DatastoreBrowser extends LabObject {
  readonly #datastores: () => readonly DatastoreObject[]

  constructor(value: string, datastores: () => readonly DatastoreObject[]) {
    super('HostDatastoreBrowser', value)
    this.#datastores = datastores
  }

  get datastores(): readonly DatastoreObject[] {
    return this.#datastores()
  }

  get datastore(): readonly ManagedObjectReference[] {
    return this.datastores.map(({ ref }) => ref)
  }
  get supportedType(): readonly AnyOf<'FileQuery'>[] {
    return queries.map(($type) => ({ $type }))
  }
}
