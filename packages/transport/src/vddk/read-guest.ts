import { type Clock, messageOf } from '@vmkeep/kit'
import { findLibrary, type GuestInfo, mountLibraryOf, type VddkLibrary, VddkProcess } from '@vmkeep/vddk'
import type { ManagedObjectReference, Session } from '@vmkeep/vsphere'
import type { TransportSettings, VddkSettings } from '../settings.ts'
import { patienceMsDefault } from './end-hold.ts'
import { loginFor } from './lease-process.ts'

export interface GuestRequest {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly snapshot: ManagedObjectReference | undefined
  readonly disks: readonly { readonly label: string; readonly fileName: string }[]
  readonly settings: TransportSettings
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What VMware's library makes of the guest on a VM's disks. */
export interface GuestOnDisks {
  readonly os?: GuestInfo['os']
  readonly volumes: readonly (GuestInfo['volumes'][number] & { readonly disk: string })[]
}

export interface GuestReading {
  readonly guest: GuestOnDisks
  /** What it could not tell, and why. */
  readonly failures: readonly string[]
}

/** Source: VDDK guide, "A Virtual Disk Mount API": on Linux only local and LAN transport. Evidence: documented. */
const transports = 'nbdssl:nbd'

/**
 * Reads what libvixMntapi tells of a guest: its operating system and volumes. Fails only when cancelled: what came before counts.
 * `undefined`: nobody asked for it, or there is no such library.
 */
export async function readGuest(request: GuestRequest): Promise<GuestReading | undefined> {
  const { vddk, order } = request.settings
  const library = vddk?.guestInfo === true && order.includes('vddk') ? libraryOf(vddk) : undefined
  const file = library && mountLibraryOf(library)
  if (library === undefined || file === undefined) return undefined
  const told: Told[] = []
  const failures: string[] = []
  try {
    for await (const one of tellAll(request, library, file))
      if ('why' in one) failures.push(`${one.disk}: ${one.why}`)
      else told.push(one)
  } catch (error) {
    request.signal.throwIfAborted()
    failures.push(messageOf(error))
  }
  const os = told.find(({ info }) => info.os !== undefined)?.info.os
  const volumes = told.flatMap(({ disk, info }) => info.volumes.map((volume) => ({ disk, ...volume })))
  return { guest: { ...(os === undefined ? {} : { os }), volumes }, failures }
}

interface Told {
  readonly disk: string
  readonly info: GuestInfo
}

function libraryOf({ library }: VddkSettings): VddkLibrary | undefined {
  try {
    return findLibrary(library)
  } catch {
    return undefined // told where a disk is to be read by it
  }
}

/** In a process of its own, so that nobody else's disk is hurt when it goes down; ended with the reading, or when that is cancelled. */
async function* tellAll(
  { session, vm, snapshot, disks, settings, clock, signal }: GuestRequest,
  library: VddkLibrary,
  file: string,
): AsyncGenerator<Told | { readonly disk: string; readonly why: string }> {
  const login = await loginFor({ session, vm, signal })
  await using process = await VddkProcess.start({ library, configFile: settings.vddk?.configFile, clock })
  const cancel = () => void process.kill()
  signal.addEventListener('abort', cancel)
  using _cancelled = { [Symbol.dispose]: () => signal.removeEventListener('abort', cancel) }
  const timeoutMs = settings.silenceMs ?? patienceMsDefault
  const during = 'while looking for the guest'
  const connect = { login, readOnly: true, transports, ...(snapshot === undefined ? {} : { snapshot: snapshot.value }) }
  const { connection } = (await process.ask('connect', connect, { during, timeoutMs })).gives
  for (const { label: disk, fileName: path } of disks) {
    const takes = { file, rootFolder: library.rootFolder, connection, path }
    try {
      yield { disk, info: (await process.ask('guest', takes, { during: `${during} on ${path}`, timeoutMs })).gives }
    } catch (error) {
      if (!process.isAlive) throw error
      yield { disk, why: messageOf(error) }
    }
  }
  await process.ask('disconnect', { connection }, { during, timeoutMs })
}
