import {
  faultOf,
  flattenSnapshots,
  type ManagedObjectReference,
  retrieve,
  type Session,
  type SnapshotNode,
} from '@vmkeep/vsphere'
import type { Leftover } from './journal.ts'
import { isMarkedBy } from './marker.ts'

/** A VM as the inventory shows it at one moment. What may not be read, or what vSphere does not know, is absent. */
export interface SeenVm {
  readonly ref: string
  readonly name: string
  readonly instanceUuid?: string | undefined
  readonly connectionState?: string | undefined
  /** Its snapshot tree; empty also where vSphere can't read the VM, absent where the account may not. */
  readonly snapshots?: readonly SnapshotNode[] | undefined
}

/** What the inventory tells of a snapshot that was not found where it should be. */
export interface Survey {
  /** The VMs that a snapshot with our full marker is on. */
  readonly bearers: readonly SeenVm[]
  /** The VMs with the instance uuid of the marker. */
  readonly sameUuid: readonly SeenVm[]
  /** VMs that show no instance uuid: any of them may be the one. */
  readonly nameless: readonly SeenVm[]
  /**
   * The VM that the journal names by its reference. `gone`: vSphere says that there is no such object; `unseen`: it says nothing, not even that;
   * `unrecorded`: a journal of an older version.
   */
  readonly recorded: SeenVm | 'gone' | 'unseen' | 'unrecorded'
}

const paths = ['name', 'runtime.connectionState', 'summary.config.instanceUuid', 'snapshot'] as const

/** Looks for the VM of a leftover snapshot, and for the snapshot, in the whole inventory. Keeps of it only what matters. */
export async function surveyVms(
  session: Session,
  { marker, vmRef }: Leftover,
  signal: AbortSignal | undefined,
): Promise<Survey> {
  const [bearers, sameUuid, nameless]: [SeenVm[], SeenVm[], SeenVm[]] = [[], [], []]
  let recorded: SeenVm | undefined
  for await (const vm of seenVms(session, signal)) {
    if (vm.snapshots?.some((snapshot) => isMarkedBy(marker, snapshot))) bearers.push(vm)
    if (vm.instanceUuid === marker.vmUuid) sameUuid.push(vm)
    if (vm.instanceUuid === undefined) nameless.push(vm)
    if (vm.ref === vmRef) recorded = vm
  }
  return { bearers, sameUuid, nameless, recorded: recorded ?? (await whatBecameOf(session, vmRef, signal)) }
}

async function* seenVms(session: Session, signal: AbortSignal | undefined): AsyncGenerator<SeenVm> {
  const request = { type: 'VirtualMachine', from: { under: session.content.rootFolder }, paths } as const
  for await (const { ref, properties, missing } of retrieve(session, request, signal))
    yield {
      ref: ref.value,
      name: properties.name ?? ref.value,
      instanceUuid: properties['summary.config.instanceUuid']?.toLowerCase() || undefined, // '' of a VM it can't read
      connectionState: properties['runtime.connectionState'],
      snapshots: missing.some(({ path }) => path === 'snapshot') ? undefined : flattenSnapshots(properties.snapshot),
    }
}

/** Only vSphere's own word counts: an empty answer is also what an account gets that may not see the VM. */
export async function whatBecameOf(
  session: Session,
  vmRef: string | undefined,
  signal: AbortSignal | undefined,
): Promise<'gone' | 'unseen' | 'unrecorded'> {
  if (vmRef === undefined) return 'unrecorded'
  const obj: ManagedObjectReference = { type: 'VirtualMachine', value: vmRef }
  const specSet = [{ propSet: [{ type: 'VirtualMachine', pathSet: ['name'] }], objectSet: [{ obj }] }]
  const request = { _this: session.content.propertyCollector, specSet, options: {} }
  try {
    await session.call('RetrievePropertiesEx', request, { signal })
    return 'unseen'
  } catch (error) {
    const fault = faultOf(error)
    if (fault?.$type === 'ManagedObjectNotFound' && fault.obj?.value === vmRef) return 'gone'
    if (fault?.$type === 'NoPermission') return 'unseen'
    throw error
  }
}
