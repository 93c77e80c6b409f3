// What a restore of one disk to another VM would do, worked out before anything is made. `--dry-run` stops here.
import type { Repository } from '@vmkeep/repository'
import { formatMarker, type Marker, type VmPoint } from '@vmkeep/run'
import {
  type AddDiskRequest,
  chooseSlot,
  type ConfigSpec,
  decodeConfigXml,
  describePlace,
  type FreeSlot,
  formatDatastorePath,
  helperSpec,
  parseDatastorePath,
  plannedDisksOf,
  readVm,
  type ResolvedDestination,
  resolveDestination,
  resolveVm,
  type Session,
  unfinishedRestoreOf,
  type Vm,
} from '@vmkeep/vsphere'
import { chooseDisks, type PointDisk } from '../choose-disks.ts'
import { fail } from '../errors.ts'

export interface AttachWish {
  /** The disk of the point, by label, address or key. */
  readonly disk: string
  /** The VM that gets it: name, inventory path, uuid or moref. */
  readonly attachTo: string
  /** `scsi1:2`; a free one if left out. */
  readonly slot?: string | undefined
}

export interface AttachPlan {
  readonly target: Vm
  readonly disk: PointDisk
  readonly slot: FreeSlot
  /** Of the new disk, beside the target's own files. */
  readonly path: string
  readonly place: ResolvedDestination
  /** The temporary VM that holds the disk until it is whole. */
  readonly helper: { readonly name: string; readonly spec: ConfigSpec; readonly disk: AddDiskRequest }
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

export interface PlanAttachRequest extends AttachWish {
  readonly session: Session
  readonly repository: Repository
  readonly point: VmPoint
  readonly marker: Marker
}

/** @throws `restore.not-attachable`, `restore.no-such-disk`, `vsphere.vm-not-found`, `vsphere.vm-ambiguous`, `vsphere.place-…` */
export async function planAttach(request: PlanAttachRequest, signal: AbortSignal): Promise<AttachPlan> {
  const { session, repository, point, marker, attachTo } = request
  const disk = chooseDisks(point, [request.disk])[0]!
  const saved = decodeConfigXml(Buffer.from(await repository.readBlob(point.configXml, signal)).toString())
  const spec = plannedDisksOf(saved).find(({ savedKey }) => savedKey === disk.key)
  const target = await readVm(session, (await resolveVm(session, attachTo, signal)).ref, signal)
  const slot = slotOf(target, request.slot)
  const home = parseDatastorePath(target.vmxPath ?? '')
  const reasons = [...whyNot(target, disk), ...(typeof slot === 'string' ? [slot] : [])]
  if (reasons.length > 0 || typeof slot === 'string' || home === undefined || spec === undefined)
    throw fail('restore.not-attachable', { disk: disk.label, vm: target.name, reasons })
  const asked = { host: target.host?.name, datastore: home.datastore }
  const preferred = await describePlace(session, target, signal)
  const place = await resolveDestination(session, { ...asked, preferred }, signal)
  const folder = home.path.slice(0, home.path.lastIndexOf('/') + 1)
  const file = `vmkeep-${marker.runId}-${disk.address.replaceAll(':', '-')}.vmdk`
  const path = formatDatastorePath({ datastore: home.datastore, path: `${folder}${file}` })
  const name = `vmkeep-restore-${marker.runId}`
  const purpose = `Temporary VM of a vmkeep restore: it holds ${disk.label} of ${point.name} until that is whole and goes to ${target.name}. vmkeep removes it by itself.`
  return {
    target,
    disk,
    slot,
    path,
    place,
    helper: {
      name,
      spec: helperSpec({
        name,
        datastoreName: home.datastore,
        marker: formatMarker(marker),
        hardwareVersion: target.hardwareVersion,
        purpose,
      }),
      disk: { ...spec, path, diskMode: 'persistent', slot: { bus: 'scsi', busNumber: 0, unitNumber: 0 } },
    },
    warnings: warningsOf(target),
  }
}

export const slotOf = (vm: Vm, asked: string | undefined): FreeSlot | string =>
  chooseSlot(
    { devices: vm.devices, hardwareVersion: vm.hardwareVersion, isRunning: vm.powerState !== 'poweredOff' },
    asked,
  )

const smallDiskBytesMax = 2 * 1024 ** 4 - 512

/** Source: vSphere, "virtual disks larger than 2 TB" need hardware 10; templates and FT VMs can't be reconfigured so. Evidence: documented. */
function whyNot(vm: Vm, { image }: PointDisk): string[] {
  const hardware = Number(/\d+/.exec(vm.hardwareVersion ?? '')?.[0] ?? 0)
  const rules: readonly (readonly [boolean, string])[] = [
    [vm.connectionState !== 'connected', `vSphere cannot reach it (${vm.connectionState})`],
    [vm.template, 'it is a template'],
    [vm.faultTolerance, 'it is protected by Fault Tolerance'],
    [vm.powerState === 'suspended', 'it is suspended; resume it or switch it off'],
    [vm.question !== undefined, 'vSphere waits for an answer about it; answer it in the vSphere client'],
    [unfinishedRestoreOf(vm.config) !== undefined, 'a restore of it in place has not finished'],
    [parseDatastorePath(vm.vmxPath ?? '') === undefined, 'vSphere does not say where its files lie'],
    [image.capacityBytes > smallDiskBytesMax && hardware < 10, 'its virtual hardware is too old for disks beyond 2 TB'],
  ]
  return rules.flatMap(([applies, why]) => (applies ? [why] : []))
}

const warningsOf = ({ name, snapshots }: Vm) =>
  snapshots.length === 0
    ? []
    : [
        {
          code: 'target-has-snapshots',
          message: `${name} has snapshots: going back to one takes the restored disk off it`,
        },
      ]
