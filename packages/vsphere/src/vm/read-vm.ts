import { collect } from '@vmkeep/kit'
import { ancestorsOf, datacenterOf, pathTo } from '../inventory/ancestors.ts'
import { decodeName } from '../inventory/names.ts'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve, type Retrieved } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { flattenSnapshots } from '../snapshots/snapshot-tree.ts'
import type { DataObject, ManagedObjectReference } from '../types/index.ts'
import { devicesOf, disksOf } from './disks-of.ts'
import { runningTasksOf } from './running-tasks.ts'
import type { GuestVolume, Vm, VmDatastore, VmFile, VmHost } from './vm.ts'

const paths = [
  'name',
  'config',
  'runtime',
  'summary.config',
  'guest.toolsRunningStatus',
  'guest.disk',
  'capability',
  'snapshot',
] as const
const morePaths = ['datastore', 'layoutEx', 'recentTask'] as const

type Properties = Retrieved<'VirtualMachine', (typeof paths)[number] | (typeof morePaths)[number]>['properties']

/**
 * Reads one VM whole. A VM that is orphaned, inaccessible or without configuration is read too: `whyNotVm` tells.
 *
 * @throws `vsphere.not-found`, `vsphere.no-permission`
 */
export async function readVm(session: Session, ref: ManagedObjectReference, signal?: AbortSignal): Promise<Vm> {
  const request = { type: 'VirtualMachine', ref, paths: [...paths, ...morePaths] } as const
  const properties: Properties = await readProperties(session, request, signal)
  const chain = await ancestorsOf(session, ref, signal)
  return {
    ...factsOf(ref, properties),
    inventoryPath: pathTo(chain),
    datacenterPath: datacenterOf(chain)?.storedPath,
    host: await readHost(session, properties.runtime?.host, signal),
    datastores: await readDatastores(session, properties.datastore ?? [], signal),
    recentTasks: await runningTasksOf(session, properties.recentTask ?? [], signal),
  }
}

type Elsewhere = 'inventoryPath' | 'datacenterPath' | 'host' | 'datastores' | 'recentTasks'

/** What the VM's own properties tell. Pure. Of a half-gone VM even required parts may be missing. */
export function factsOf(ref: ManagedObjectReference, properties: Properties): Omit<Vm, Elsewhere> {
  const { config, capability, layoutEx } = properties
  const runtime: Partial<DataObject<'VirtualMachineRuntimeInfo'>> = properties.runtime ?? {}
  const summary: Partial<DataObject<'VirtualMachineConfigSummary'>> = properties['summary.config'] ?? {}
  const disks = config === undefined ? [] : disksOf(config)
  return {
    ref,
    name: decodeName(properties.name ?? summary.name ?? ref.value),
    instanceUuid: config?.instanceUuid ?? summary.instanceUuid,
    biosUuid: config?.uuid ?? summary.uuid,
    template: config?.template ?? summary.template ?? false,
    changeTracking: {
      supported: capability?.changeTrackingSupported === true,
      enabled: config?.changeTrackingEnabled === true,
    },
    powerState: runtime.powerState ?? 'poweredOff',
    connectionState: runtime.connectionState ?? 'invalid',
    consolidationNeeded: runtime.consolidationNeeded === true,
    snapshotInBackground: runtime.snapshotInBackground === true,
    question: runtime.question?.text,
    toolsRunning: properties['guest.toolsRunningStatus'] === 'guestToolsRunning',
    faultTolerance: config?.ftInfo !== undefined || isFaultTolerant(runtime.faultToleranceState),
    encrypted: isEncrypted(config, runtime),
    locked: runtime.cryptoState === 'locked',
    instantCloneFrozen: runtime.instantCloneFrozen === true,
    snapshots: flattenSnapshots(properties.snapshot),
    snapshotLocked: config?.flags?.snapshotLocked === true,
    snapshotDisabled: config?.flags?.snapshotDisabled === true,
    snapshotsSupported: capability?.snapshotOperationsSupported !== false,
    memorySnapshotsSupported: capability?.memorySnapshotsSupported !== false,
    hardwareVersion: config?.version ?? summary.hwVersion,
    disks,
    devices: config === undefined ? [] : devicesOf(config),
    guestVolumes: (properties['guest.disk'] ?? []).map(volumeOf),
    vmxPath: config?.files?.vmPathName ?? summary.vmPathName,
    config,
    files: (layoutEx?.file ?? []).map(fileOf),
  }
}

const isFaultTolerant = (state: string | undefined): boolean => state !== undefined && state !== 'notConfigured'

function isEncrypted(config: Properties['config'], runtime: { readonly cryptoState?: string | undefined }): boolean {
  const disks = config === undefined ? [] : disksOf(config)
  const hasKey = ({ device: { backing } }: (typeof disks)[number]) =>
    backing !== undefined && 'keyId' in backing && backing.keyId !== undefined
  return runtime.cryptoState !== undefined || config?.keyId !== undefined || disks.some(hasKey)
}

const volumeOf = (disk: DataObject<'GuestDiskInfo'>): GuestVolume => ({
  path: disk.diskPath ?? '',
  fileSystem: disk.filesystemType ?? '',
  capacityBytes: Number(disk.capacity ?? 0),
  usedBytes: Number(disk.capacity ?? 0) - Number(disk.freeSpace ?? 0),
  diskKeys: (disk.mappings ?? []).map(({ key }) => key),
})

const fileOf = ({ name, type, size }: DataObject<'VirtualMachineFileLayoutExFileInfo'>): VmFile => ({
  path: name,
  type,
  sizeBytes: Number(size),
})

async function readHost(
  session: Session,
  host: ManagedObjectReference | undefined,
  signal: AbortSignal | undefined,
): Promise<VmHost | undefined> {
  if (host === undefined) return undefined
  const paths = ['name', 'runtime.inMaintenanceMode', 'runtime.connectionState'] as const
  const [found] = await collect(retrieve(session, { type: 'HostSystem', from: [host], paths }, signal))
  if (found === undefined) return undefined
  return {
    ref: host,
    name: decodeName(found.properties.name ?? host.value),
    inMaintenance: found.properties['runtime.inMaintenanceMode'] === true,
    connectionState: found.properties['runtime.connectionState'],
  }
}

async function readDatastores(
  session: Session,
  refs: readonly ManagedObjectReference[],
  signal: AbortSignal | undefined,
): Promise<VmDatastore[]> {
  const found = await collect(retrieve(session, { type: 'Datastore', from: refs, paths: ['name', 'summary'] }, signal))
  return found.flatMap(({ ref, properties: { name, summary } }) => (summary ? [datastoreOf(ref, name, summary)] : []))
}

/** The name comes from the summary, unescaped: that is how file names write it. */
const datastoreOf = (
  ref: ManagedObjectReference,
  name: string | undefined,
  summary: DataObject<'DatastoreSummary'>,
): VmDatastore => ({
  ref,
  name: decodeName(summary.name ?? name ?? ref.value),
  type: summary.type,
  capacityBytes: Number(summary.capacity),
  freeBytes: Number(summary.freeSpace),
  accessible: summary.accessible,
})
