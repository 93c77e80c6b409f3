import { crashPoint, messageOf } from '@vmkeep/kit'
import { describeSnapshot, formatMarker, isTakenBy, type JournalEntry, type LeftHome, type Marker } from '@vmkeep/run'
import {
  createSnapshot,
  datastoreFolderOf,
  deleteFile,
  endpointIdOf,
  formatDatastorePath,
  listSnapshots,
  type ManagedObjectReference,
  parseDatastorePath,
  powerStateOf,
  readProperties,
  registerVm,
  removeSnapshot,
  revertSuspended,
  snapshotMemory,
  type SnapshotNode,
  unregisterVm,
  uploadFile,
} from '@vmkeep/vsphere'
import { fail } from '../../errors.ts'
import type { Making } from '../making.ts'
import { type RestoredDisk, restoreDisk } from '../restore-disk.ts'
import type { RestoreContext } from '../restore-to-vsphere.ts'
import { sendFile } from './send-file.ts'

export interface SuspendedVm {
  readonly vm: ManagedObjectReference
  /** What it was reverted to, ours to take away. */
  readonly snapshot: SnapshotNode
  readonly entry: JournalEntry
}

/** The VM's own folder, `[datastore] name`, and its vmx. */
async function homeOf(
  { session, signal }: RestoreContext,
  vm: ManagedObjectReference,
): Promise<{ readonly vmxPath: string; readonly fileOf: (name: string) => string }> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['config.files.vmPathName'] } as const
  const vmxPath = (await readProperties(session, request, signal))['config.files.vmPathName'] ?? ''
  const folder = parseDatastorePath(vmxPath)
  if (folder === undefined)
    throw fail('restore.not-suspended', { vm: vm.value, why: 'vSphere does not tell where it lies' })
  const { datastore, path } = datastoreFolderOf(folder)
  const fileOf = (name: string) => formatDatastorePath({ datastore, path: path === '' ? name : `${path}/${name}` })
  return { vmxPath, fileOf }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Fills the disks under the names they had: a machine's saved state knows its disks by them. */
export async function restoreNamedDisks(context: RestoreContext, vm: ManagedObjectReference): Promise<RestoredDisk[]> {
  const { fileOf } = await homeOf(context, vm)
  const disks: RestoredDisk[] = []
  for (const { disk, spec } of context.plan.disks) {
    const path = fileOf(nameOf(disk.fileName))
    const restored = await restoreDisk(context, vm, { disk, spec: { ...spec, path } })
    if (restored.report.target !== path) {
      const why = `vSphere made ${restored.report.target} where ${path} is needed`
      throw fail('restore.not-suspended', { vm: context.plan.name, why })
    }
    disks.push(restored)
  }
  return disks
}

/**
 * Takes a VM of ours that is off, its disks whole, back to the moment of its point: suspended, its memory as it was. No call makes a
 * suspended VM, but one does that takes it back to a snapshot with memory; so it is given that snapshot, as the point holds it:
 *
 *   a snapshot by vSphere, so that the disks have children that a revert can throw away
 *   → out of the inventory → the snapshot's files and the list that names it → into the inventory → revert → the snapshot goes.
 *
 * Source: vSphere Virtual Machine Administration, "Suspend this virtual machine when reverting to selected snapshot"; RegisterVM_Task.
 * Evidence: documented, each by itself; the whole: inferred, and shown in our lab only.
 *
 * From the revert on, the VM's configuration is that of then, without our mark: it is the admin's.
 */
export async function makeSuspended(
  context: RestoreContext,
  off: ManagedObjectReference,
  making: Making,
): Promise<SuspendedVm> {
  const { session, plan, signal, onEvent } = context
  onEvent({ type: 'vm-phase', vm: plan.name, phase: 'memory' })
  const made = await snapshotOfOurs(context, off, making.marker)
  const { home, entry } = await announce(context, off, making)
  crashPoint('restore.before-unregister')
  await unregisterVm(session, off, signal)
  crashPoint('restore.after-unregister')
  await sendState(context, home, made)
  crashPoint('restore.after-memory')
  const { folder, pool, host } = plan.place
  const vm = await registerVm(session, { vmxPath: home.vmxPath, folder, pool, host }, signal)
  crashPoint('restore.after-register')
  const snapshot = await itsSnapshot(context, vm, home)
  await revertSuspended(session, vm, snapshot.ref, signal)
  making.isWhole = true
  crashPoint('restore.after-revert')
  return { vm, snapshot, entry }
}

interface OurSnapshot {
  /** `.vmsn` of a machine that is off, of no use to anybody. */
  readonly dataPath?: string | undefined
  readonly snapshotList: string
}

async function snapshotOfOurs(
  { session, plan, signal }: RestoreContext,
  vm: ManagedObjectReference,
  marker: Marker,
): Promise<OurSnapshot> {
  const whose = { name: formatMarker(marker), description: describeSnapshot(marker), vmName: plan.name }
  const ref = await createSnapshot(session, vm, { ...whose, quiesce: false }, signal)
  const { dataPath, snapshotList } = await snapshotMemory(session, vm, ref, signal)
  if (snapshotList === undefined)
    throw fail('restore.not-suspended', { vm: plan.name, why: 'vSphere names no file that lists its snapshots' })
  return { dataPath, snapshotList }
}

/** Into the journal before it is out of the inventory: from then on only its vmx tells whose it is. */
async function announce(
  context: RestoreContext,
  vm: ManagedObjectReference,
  making: Making,
): Promise<{ readonly home: LeftHome; readonly entry: JournalEntry }> {
  const { plan, point, session } = context
  const { vmxPath, fileOf } = await homeOf(context, vm)
  const { datacenter, folder, pool, host } = plan.place
  const home: LeftHome = {
    vmxPath,
    files: point.memory.map(({ name }) => fileOf(name)),
    datacenter: datacenter.value,
    folder: folder.value,
    pool: pool.value,
    host: host.value,
    snapshotOf: { runId: point.runId, vmUuid: point.instanceUuid.toLowerCase() },
  }
  const { journal, marker } = making
  const place = { endpointId: endpointIdOf(session), vmName: plan.name, marker }
  const entry = await journal.intend({ kind: 'vm-home', ...place, home })
  making.home = home
  making.entries.push(entry)
  return { home, entry }
}

/** What belongs to the snapshot with memory, in place of what vSphere made of the one without. */
async function sendState(context: RestoreContext, { vmxPath, files }: LeftHome, made: OurSnapshot): Promise<void> {
  const { repository, session, plan, point, signal } = context
  for (const [at, { image: stored }] of point.memory.entries()) {
    await using image = await repository.openImage(stored, signal)
    await sendFile(context, { path: files[at]!, image })
  }
  const { datacenter, datacenterPath } = plan.place
  const small = async (kind: string, path: (name: string) => string) => {
    const file = point.homeFiles.find((one) => one.kind === kind)
    if (file === undefined) return
    await uploadFile(session, path(file.name), await repository.readBlob(file.blob, signal), { datacenterPath, signal })
  }
  const folder = vmxPath.slice(0, vmxPath.length - nameOf(vmxPath).length)
  await small('nvram', (name) => `${folder}${name}`)
  await small('snapshotList', () => made.snapshotList)
  if (made.dataPath !== undefined && !files.includes(made.dataPath))
    await deleteFile(session, made.dataPath, { datacenter, signal })
}

async function itsSnapshot(
  { session, plan, signal }: RestoreContext,
  vm: ManagedObjectReference,
  home: LeftHome,
): Promise<SnapshotNode> {
  const found = await listSnapshots(session, vm, signal)
  const [snapshot] = found.filter((one) => isTakenBy(home.snapshotOf, one))
  if (snapshot !== undefined && found.length === 1) return snapshot
  const names = found.map(({ name }) => name).join(', ') || 'none'
  const why = `of the list of snapshots that it was given, vSphere shows ${names}`
  throw fail('restore.not-suspended', { vm: plan.name, why })
}

/**
 * Takes the snapshot away that the VM came with. Should that cost it its memory, it is said; nothing is known of a host that does that.
 * Safest after it was powered on: until then a host may still read its memory from the snapshot's file.
 */
export async function takeSnapshotAway(
  { session, onEvent, plan, powerOn, signal }: RestoreContext,
  { vm, snapshot: { ref }, entry }: SuspendedVm,
): Promise<Warning[]> {
  try {
    await removeSnapshot(session, ref, { signal })
    await entry.gone()
    const lost = !powerOn && (await powerStateOf(session, vm, signal)) !== 'suspended'
    return lost
      ? [{ code: 'memory-lost', message: 'with the snapshot it came with it lost its memory, and is off' }]
      : []
  } catch (error) {
    signal.throwIfAborted()
    const message = `the VM is whole, but the snapshot it came with could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
    const warning = { code: 'run.leftover-not-removed', message }
    onEvent({ type: 'note', level: 'error', vm: plan.name, ...warning })
    return [warning]
  }
}

interface Warning {
  readonly code: string
  readonly message: string
}
