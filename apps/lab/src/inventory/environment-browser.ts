import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { HostSystem } from './host.ts'
import { LabObject } from './lab-object.ts'

/** What a VM could be given where it is; here only the way to its datastores. */
export class EnvironmentBrowser extends LabObject {
  readonly #host: () => HostSystem | undefined

  constructor(value: string, host: () => HostSystem | undefined) {
    super('EnvironmentBrowser', value)
    this.#host = host
  }

  get datastoreBrowser(): ManagedObjectReference | undefined {
    return this.#host()?.datastoreBrowser
  }
}
