// What a restore into vSphere would make, worked out before anything is made. `--dry-run` stops here.
import type { Repository } from '@vmkeep/repository'
import { formatMarker, type Marker, type VmPoint } from '@vmkeep/run'
import {
  buildCreateSpec,
  type CreatePlan,
  decodeConfigXml,
  findConflicts,
  identityOfConfig,
  type PlannedDisk as DiskSpec,
  profileSpecOf,
  type ResolvedDestination,
  resolveDestination,
  type Session,
  type StoragePolicy,
} from '@vmkeep/vsphere'
import { chooseDisks, type PointDisk } from '../choose-disks.ts'
import { fail } from '../errors.ts'
import { suspendedWarnings, whyNotSuspended } from './suspended/why-not-suspended.ts'
import { planPolicies, type PolicyWish } from './plan-policies.ts'

/** Where the new VM goes. What is left out is taken from the original's place, by name. */
export interface Destination extends PolicyWish {
  /** If left out: the original's name, with the date added while the original or a namesake is there. */
  readonly name?: string
  readonly folder?: string
  readonly resourcePool?: string
  readonly host?: string
  readonly datastore?: string
  /** Saved network name → network at the target. Networks of the same name need no entry. */
  readonly networkMap: Readonly<Record<string, string>>
  /** How its disks are made: as they were, if left out. */
  readonly provisioning?: DiskSpec['provisioning']
  /** `auto` keeps addresses and BIOS uuid unless another VM has them. */
  readonly identity: 'auto' | 'keep' | 'new'
  /** `auto` connects the network cards only if the original is gone. */
  readonly connectNetworks: 'auto' | 'yes' | 'no'
  /** Suspended, with its memory as it was at the point, instead of switched off. */
  readonly memory?: boolean
  /** Disks to restore, by label, address or key; all if empty. */
  readonly disks: readonly string[]
}

export interface PlannedDisk {
  readonly disk: PointDisk
  readonly spec: DiskSpec
}

export interface RestorePlan {
  readonly name: string
  readonly place: ResolvedDestination
  readonly spec: CreatePlan['spec']
  /** The storage policy of the VM's own files; the datastore's default if there is none. */
  readonly homePolicy?: StoragePolicy | undefined
  readonly bootOrder: CreatePlan['bootOrder']
  readonly disks: readonly PlannedDisk[]
  /** What comes back beside the disks, where it is to be suspended. */
  readonly memoryBytes?: number
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

export interface PlanRequest {
  readonly session: Session
  readonly repository: Repository
  readonly point: VmPoint
  readonly destination: Destination
  readonly marker: Marker
}

/** @throws `restore.vm-exists`, `restore.memory-impossible`, `restore.no-such-disk`, `restore.no-such-storage-policy`, `vsphere.destination-…` */
export async function planRestore(
  { session, repository, point, destination, marker }: PlanRequest,
  signal: AbortSignal,
): Promise<RestorePlan> {
  const saved = decodeConfigXml(Buffer.from(await repository.readBlob(point.configXml, signal)).toString())
  const preferred = savedPlace(point)
  const place = await resolveDestination(
    session,
    { ...named(destination), preferred, networkMap: destination.networkMap },
    signal,
  )
  const identity = { ...identityOfConfig(saved), instanceUuid: point.instanceUuid, folder: place.folder }
  const find = (candidate: string) => findConflicts(session, { ...identity, name: candidate }, signal)
  const asked = await find(destination.name ?? point.name)
  const isFree = asked.sameName === undefined && asked.original === undefined
  const name = destination.name ?? (isFree ? point.name : besideOriginal(point))
  const conflicts = name === point.name ? asked : await find(name)
  if (conflicts.sameName !== undefined) throw fail('restore.vm-exists', { name, folder: place.folderPath })
  const originalLives = conflicts.original !== undefined
  if (destination.memory === true) {
    const reasons = whyNotSuspended({ point, destination, originalLives, networks: place.networks })
    if (reasons.length > 0) throw fail('restore.memory-impossible', { vm: point.name, reasons })
  }
  const plan = buildCreateSpec(saved, {
    name,
    datastoreName: place.datastoreName,
    apiVersion: session.apiVersion,
    marker: formatMarker(marker),
    savedNetworks: point.place.networks,
    targetNetworks: place.networks,
    networkMap: destination.networkMap,
    mac: destination.identity === 'new' ? 'generate' : 'keep',
    macsInUse: destination.identity === 'auto' ? conflicts.macsInUse : new Set(),
    biosUuid:
      destination.identity === 'new' || (destination.identity === 'auto' && conflicts.biosUuidInUse)
        ? 'generate'
        : 'keep',
    startConnected: destination.connectNetworks === 'yes' || (destination.connectNetworks === 'auto' && !originalLives),
  })
  const wanted = chooseDisks(point, destination.disks)
  const policies = await planPolicies(session, { point, disks: wanted }, destination, signal)
  const withPolicy = policies.home === undefined ? {} : { vmProfile: profileSpecOf(policies.home) }
  return {
    name,
    place,
    spec: { ...plan.spec, ...withPolicy },
    homePolicy: policies.home,
    bootOrder: plan.bootOrder,
    disks: wanted.flatMap((disk) =>
      plan.disks
        .filter(({ savedKey }) => savedKey === disk.key)
        .map((spec) => {
          const provisioning = destination.provisioning ?? spec.provisioning
          return { disk, spec: { ...spec, provisioning, storagePolicy: policies.disks.get(disk.key) } }
        }),
    ),
    ...(destination.memory === true && { memoryBytes: sum(point.memory.map(({ image }) => image.capacityBytes)) }),
    warnings: [
      ...(destination.memory === true
        ? suspendedWarnings(originalLives) // its configuration comes with its memory
        : [
            ...plan.warnings.map(({ code, sentence }) => told(code, sentence, policies.home)),
            ...warnings(point, wanted, originalLives, destination),
          ]),
      ...policies.warnings,
    ],
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Whether a policy encrypts, only vSphere knows. */
const told = (code: string, message: string, home: StoragePolicy | undefined) =>
  code === 'encryption-off' && home !== undefined
    ? {
        code,
        message: `The saved VM was encrypted; the new one is only if its storage policy "${home.name}" encrypts it.`,
      }
    : { code, message }

/** `web-01-restored-2026-11-22`: next to the original, told apart at a glance. */
const besideOriginal = (point: VmPoint): string => `${point.name}-restored-${point.createdAt.slice(0, 10)}`

function savedPlace({ place }: VmPoint) {
  const { datacenter, folder, resourcePool, host, datastores } = place
  return { datacenter, folder, resourcePool, host, datastore: datastores[0] }
}

function named({ folder, resourcePool, host, datastore }: Destination) {
  return { folder, resourcePool, host, datastore }
}

function warnings(
  point: VmPoint,
  wanted: readonly PointDisk[],
  originalLives: boolean,
  { connectNetworks }: Destination,
): { code: string; message: string }[] {
  const list = point.skippedDisks.map(({ label, cause }) => ({
    code: 'disk-not-in-point',
    message: `${label} is not in the restore point: ${cause.message}`,
  }))
  for (const { label, sectorSizeBytes } of wanted)
    if (sectorSizeBytes !== 512)
      list.push({
        code: 'sector-size-not-restored',
        message: `${label} had sectors of ${sectorSizeBytes} bytes; the new disk has those vSphere gives it, mostly 512, and then its guest finds no partitions. The bytes are all there: they can also be restored to files`,
      })
  for (const disk of point.disks)
    if (!wanted.includes(disk)) list.push({ code: 'disk-left-out', message: `${disk.label} is left out as asked` })
  if (originalLives && connectNetworks === 'auto')
    list.push({
      code: 'networks-disconnected',
      message: 'the original VM is still there, so the network cards start disconnected',
    })
  return list
}
