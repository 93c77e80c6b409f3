import type { Clock } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { ProxyDevice, ProxyDevices } from './proxy-devices.ts'

export interface WantedDevice {
  readonly path: string
  readonly capacityBytes: number
  readonly uuid?: string | undefined
  readonly unitNumber: number
}

/**
 * The device that has come since `before` and can only be the wanted disk; `undefined` while there is none, or more than one. Pure.
 *
 * Never one that was there before: a proxy made from the same template as the VM has disks with the same uuid.
 * The target number is the slot's unit. Source: the SCSI addresses of VMware's virtual disks in Linux guests. Evidence: observed in public listings.
 */
export function newDevice(
  before: readonly ProxyDevice[],
  now: readonly ProxyDevice[],
  { capacityBytes, uuid, unitNumber }: WantedDevice,
): ProxyDevice | undefined {
  const known = new Set(before.map(({ address }) => address))
  const wantedUuid = uuid?.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()
  const fitting = now.filter(
    (device) =>
      !known.has(device.address) &&
      device.target === unitNumber &&
      device.capacityBytes === capacityBytes &&
      (device.uuid === undefined || wantedUuid === undefined || device.uuid === wantedUuid),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

const pollMs = 250
const rescanEvery = 8

/** Waits for the kernel to find what was attached. @throws `transport.no-device` */
export async function waitForDevice(
  devices: ProxyDevices,
  before: readonly ProxyDevice[],
  wanted: WantedDevice,
  { clock, timeoutMs, signal }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ProxyDevice> {
  for (let poll = 0; poll * pollMs <= timeoutMs; poll++) {
    const found = newDevice(before, await devices.list(), wanted)
    if (found !== undefined) return found
    if (poll % rescanEvery === 0) await devices.rescan()
    await clock.sleep(pollMs, signal)
  }
  throw fail('transport.no-device', { disk: wanted.path, seconds: timeoutMs / 1000 })
}
