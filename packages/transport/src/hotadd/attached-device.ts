import { crashPoint, hasCode, retry } from '@vmkeep/kit'
import {
  attachDisk,
  detachDisk,
  faultOf,
  freeSlot,
  hangsOn,
  type ManagedObjectReference,
  readDevices,
} from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { VmDiskRequest } from '../transport.ts'
import type { Attachment, AttachmentEntry } from './attachments.ts'
import type { Proxy } from './proxy.ts'
import type { ProxyDevice } from './proxy-devices.ts'
import { waitForDevice } from './wait-for-device.ts'

const deviceTimeoutMs = 60_000 // a busy guest has been seen to take half a minute
const passing = [
  'vsphere.busy',
  'vsphere.reply-lost',
  'vsphere.connection-lost',
  'vsphere.timed-out',
  'vsphere.disk-still-attached',
]

/**
 * A disk attached to the machine we run on. The log knows of it before vSphere does; disposing takes it off again, whatever
 * became of the run, and tells the log.
 */
export class AttachedDevice implements AsyncDisposable {
  readonly device: ProxyDevice
  readonly #mounted: Mounted
  #disposed: Promise<void> | undefined

  /** @throws `transport.no-slot`, `transport.already-attached`, `transport.no-device`, what vSphere refuses */
  static async attach(request: VmDiskRequest, proxy: Proxy): Promise<AttachedDevice> {
    using _turn = await proxy.turn.acquire(request.signal)
    const { session, attachments, path, capacityBytes, uuid, clock, signal } = request
    if (attachments === undefined) throw fail('transport.not-logged', { disk: path })
    const before = await proxy.devices.list()
    const attachment = await chooseSlot(request, proxy)
    const mounted = { request, proxy, attachment, entry: await attachments.intend(attachment) }
    crashPoint('hotadd.before-attach')
    let mayHang = true
    try {
      // Not again after a lost answer: the first try may have done it. Then it is taken off, and the next transport reads the disk.
      await patiently(request, ['vsphere.busy'], signal, () =>
        attachDisk(session, proxy.vm, { ...attachment, capacityBytes }, signal),
      ).catch((error: unknown) => {
        mayHang = !isRefusal(error)
        throw error
      })
      crashPoint('hotadd.after-attach')
      const wanted = { path, capacityBytes, uuid, unitNumber: attachment.unitNumber }
      const device = await waitForDevice(proxy.devices, before, wanted, { clock, timeoutMs: deviceTimeoutMs, signal })
      return new AttachedDevice(mounted, device)
    } catch (error) {
      if (mayHang) await takeOff(mounted)
      else await mounted.entry.gone()
      throw error
    }
  }

  private constructor(mounted: Mounted, device: ProxyDevice) {
    this.#mounted = mounted
    this.device = device
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#takeOff()
    return this.#disposed
  }

  async #takeOff(): Promise<void> {
    const { proxy } = this.#mounted
    using _turn = await proxy.turn.acquire()
    await proxy.devices.forget(this.device)
    await takeOff(this.#mounted)
  }
}

interface Mounted {
  readonly request: VmDiskRequest
  readonly proxy: Proxy
  readonly attachment: Attachment
  readonly entry: AttachmentEntry
}

async function chooseSlot(
  { session, path, uuid, signal }: VmDiskRequest,
  { vm, name, instanceUuid, hardwareVersion }: Proxy,
): Promise<Attachment> {
  const devices = (await readDevices(session, vm, signal)) ?? []
  if (hangsOn(devices, path)) throw fail('transport.already-attached', { disk: path, proxy: name })
  const slot = freeSlot(devices, hardwareVersion)
  if (slot === undefined) throw fail('transport.no-slot', { disk: path, proxy: name })
  const { controllerKey, unitNumber } = slot
  return { proxy: { ref: vm.value, name, instanceUuid }, controllerKey, unitNumber, path, uuid }
}

/** Not cancelled by the run's signal: a cancelled run must not leave a disk behind. Does not fail: the log has it, and tells. */
async function takeOff({ request, proxy, attachment, entry }: Mounted): Promise<void> {
  crashPoint('hotadd.before-detach')
  try {
    await patiently(request, passing, undefined, () => detachDisk(request.session, refOf(proxy), attachment))
    crashPoint('hotadd.after-detach')
    await entry.gone()
  } catch (error) {
    entry.left(error)
  }
}

/** vSphere has said no, and what hangs in that slot now is somebody else's. What only stopped waiting has not said no. */
const isRefusal = (error: unknown): boolean =>
  faultOf(error) !== undefined &&
  !hasCode(error, 'vsphere.fault', 'vsphere.fault-timed-out', 'vsphere.request-cancelled', 'vsphere.host-unreachable')

const refOf = ({ vm }: Proxy): ManagedObjectReference => vm

const patiently = <T>(
  { clock, random }: VmDiskRequest,
  codes: readonly string[],
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> =>
  retry(work, {
    attemptsMax: 6,
    delayMs: 2000,
    isRetryable: (error) => hasCode(error, ...codes),
    clock,
    random,
    signal,
  })
