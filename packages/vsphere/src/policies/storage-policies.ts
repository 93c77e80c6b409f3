import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { remembered } from '../remembered.ts'
import type { CallOptions, Session } from '../session/session.ts'
import type { DataObject, ManagedObjectReference } from '../types/index.ts'

/** A storage policy of a vCenter. */
export interface StoragePolicy {
  /** Means something on its own vCenter only. */
  readonly id: string
  readonly name: string
}

type Asked = Pick<Session, 'call' | 'host'>

/** The service is a process of its own and may hang; nobody's snapshot is to wait long for it. */
const timeoutMs = 20_000

/** What the next VM would wait for as long, or be refused as well: the privilege is asked for at the root of the inventory, not of a VM. */
const hopeless = ['vsphere.timed-out', 'vsphere.no-permission']

const serviceInstance = { type: 'PbmServiceInstance', value: 'ServiceInstance' }

/**
 * The storage policies of a vCenter. Each is asked for once, as is the service itself. One that hangs or is forbidden is not asked again.
 *
 * An ESXi host has no such service: do not ask there.
 *
 * @throws `vsphere.no-permission` without `StorageProfile.View`, `vsphere.unavailable` and other `vsphere.*` where the service does not run
 */
export class StoragePolicies {
  readonly #session: Asked
  readonly #options: CallOptions
  readonly #managers = new Map<string, Promise<ManagedObjectReference>>()
  readonly #policies = new Map<string, Promise<StoragePolicy>>()
  #givenUp: Error | undefined

  constructor(session: Asked, signal?: AbortSignal) {
    this.#session = session
    this.#options = { signal, timeoutMs }
  }

  /**
   * The policy of a VM's own files, or of one of its disks; `undefined` where it has none of its own, and so the default of its datastore.
   *
   * Source: VMware Storage Policy API, PbmServerObjectRef: a disk is called by its VM and its key. Evidence: documented.
   */
  async of(vm: ManagedObjectReference, diskKey?: number): Promise<StoragePolicy | undefined> {
    if (this.#givenUp !== undefined) throw this.#givenUp
    try {
      return await this.#associated(vm, diskKey)
    } catch (error) {
      if (hasCode(error, ...hopeless)) this.#givenUp = error as Error
      throw error
    }
  }

  async #associated(vm: ManagedObjectReference, diskKey?: number): Promise<StoragePolicy | undefined> {
    const entity =
      diskKey === undefined
        ? { objectType: 'virtualMachine', key: vm.value }
        : { objectType: 'virtualDiskId', key: `${vm.value}:${diskKey}` }
    const request = { _this: await this.#manager(), entity }
    const [found] = await this.#session.call('PbmQueryAssociatedProfile', request, this.#options)
    return found && (await this.#named(found.uniqueId))
  }

  /** All that a VM or a disk can be given. */
  async all(): Promise<StoragePolicy[]> {
    const _this = await this.#manager()
    const wanted = { _this, resourceType: { resourceType: 'STORAGE' }, profileCategory: 'REQUIREMENT' }
    const profileIds = await this.#session.call('PbmQueryProfile', wanted, this.#options)
    if (profileIds.length === 0) return [] // to ask for the names of none is refused. Source: vcsim. Evidence: observed.
    const profiles = await this.#session.call('PbmRetrieveContent', { _this, profileIds }, this.#options)
    return profiles.map(policyOf)
  }

  #named(id: string): Promise<StoragePolicy> {
    return remembered(this.#policies, id, async () => {
      const request = { _this: await this.#manager(), profileIds: [{ uniqueId: id }] }
      const [profile] = await this.#session.call('PbmRetrieveContent', request, this.#options)
      if (profile !== undefined) return policyOf(profile)
      throw fail('vsphere.bad-answer', { host: this.#session.host, what: 'PbmRetrieveContent', reason: 'no profile' })
    })
  }

  #manager(): Promise<ManagedObjectReference> {
    return remembered(this.#managers, '', async () => {
      const request = { _this: serviceInstance }
      return (await this.#session.call('PbmRetrieveServiceContent', request, this.#options)).profileManager
    })
  }
}

const policyOf = ({ profileId, name }: Pick<DataObject<'PbmProfile'>, 'profileId' | 'name'>): StoragePolicy => ({
  id: profileId.uniqueId,
  name,
})
