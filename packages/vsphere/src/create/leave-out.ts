import type { Device } from '../vm/vm-disk.ts'
import { knows } from './api-version.ts'
import type { CreateOptions, Warn } from './create-options.ts'

export const labelOf = (device: Device): string => device.deviceInfo?.label ?? `${device.$type} ${device.key}`

/** Leaves a device out, but never silently. */
export function leaveOut(device: Device, why: string, warn: Warn): undefined {
  const label = labelOf(device)
  warn({ code: 'device-left-out', device: label, sentence: `${label} (${device.$type}) is left out: ${why}` })
}

/** Whether the target knows such a device; if not, it is left out with a warning. */
export function needs(since: string, device: Device, { apiVersion }: CreateOptions, warn: Warn): true | undefined {
  return knows(apiVersion, since)
    ? true
    : leaveOut(device, `the target (API ${apiVersion}) is older than ${since}.`, warn)
}
