import { messageOf } from '@vmkeep/kit'
import { cleanUp, findLibrary, OpenedVddkDisk, VddkDisk, VddkPool } from '@vmkeep/vddk'
import { readProperties, type Session } from '@vmkeep/vsphere'
import type { TransportSettings, VddkSettings } from '../settings.ts'
import type { DiskPlace, VmDiskReader, VmDiskRequest, VmDiskWriter } from '../transport.ts'

/** Files only: whether the library can be loaded, and works, is seen when a disk is opened. */
export function whyNotVddk(_disk: DiskPlace, { vddk }: TransportSettings): string | undefined {
  if (vddk === undefined) return 'no VDDK is configured (backup.vddk.library)'
  try {
    findLibrary(vddk.library)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** One process per session, library and ESXi host: who shares a host's fate shares a process. */
const pools = new WeakMap<Session, VddkPool>()
/** Where it was looked for what an earlier process of the library has left, such as a disk that is still attached. */
const cleanedUp = new WeakMap<VddkPool, Map<string, Promise<void>>>()
const silenceMsDefault = 60_000
const transportsDefault = 'san:hotadd:nbdssl:nbd'

/**
 * Opens a VM's disk by VMware's own library, in a process of its own.
 *
 * @throws `vddk.*`
 */
export async function openVddkDisk(
  request: VmDiskRequest,
  access: 'read' | 'write',
): Promise<VmDiskReader & VmDiskWriter> {
  const { path, settings, onReconnect } = request
  const disk = await VddkDisk.open({
    path,
    open: () => openOnce(request, settings.vddk!, access),
    silenceMs: settings.silenceMs ?? silenceMsDefault,
    onReopen: onReconnect,
    onAllocationUnknown: () => {}, // all of it is read then, as with a disk that has no holes
  })
  return Object.assign(disk, { transport: 'vddk' } as const)
}

/** With the session as it is then, on the host that the VM runs on then. */
async function openOnce(
  request: VmDiskRequest,
  { library, configFile, transports = transportsDefault }: VddkSettings,
  access: 'read' | 'write',
): Promise<OpenedVddkDisk> {
  const { session, vm, path, capacityBytes, snapshot, clock, signal } = request
  const { cookie, thumbprintSha1 } = await session.handOver(signal)
  const host = (await readProperties(session, { type: 'VirtualMachine', ref: vm, paths: ['runtime.host'] }, signal))[
    'runtime.host'
  ]
  const pool = pools.get(session) ?? new VddkPool()
  pools.set(session, pool)
  const key = JSON.stringify([library, configFile, host?.value])
  const lease = await pool.acquire(key, { library: findLibrary(library), configFile, clock })
  const login = {
    server: session.host,
    port: session.port,
    nfcHostPort: 902,
    thumbprint: thumbprintSha1,
    username: session.username,
    cookie: cookie.reveal(),
    vm: vm.value,
  }
  const cleaned = cleanedUp.get(pool) ?? new Map<string, Promise<void>>()
  cleanedUp.set(pool, cleaned)
  if (!cleaned.has(library)) cleaned.set(library, cleanUp(lease.process, login))
  await cleaned.get(library)!.catch((error: unknown) => {
    cleaned.delete(library) // its process went down: the next one tries again
    throw error
  })
  return await OpenedVddkDisk.open(lease, login, { path, capacityBytes, snapshot: snapshot?.value, access, transports })
}
