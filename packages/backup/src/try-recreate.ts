import type { Cause, Recreate, VmHomeFile } from '@vmkeep/run'
import { type Captured, type Place, type Reason, recreationOf, type Session } from '@vmkeep/vsphere'

/**
 * Builds the spec of a new VM from what the point will hold, the same night and not on the day it is needed. Asks nothing of vSphere.
 */
export function tryRecreate(
  vmName: string,
  { configXml, config }: Captured,
  homeFiles: readonly VmHomeFile[],
  { networks }: Place,
  { apiVersion }: Pick<Session, 'apiVersion'>,
): Recreate {
  const { possible, reasons, losses } = recreationOf(configXml, { name: vmName, apiVersion, networks })
  const hasNvram = config.firmware !== 'efi' || homeFiles.some(({ kind }) => kind === 'nvram')
  return { possible, reasons: reasons.map(causeOf), losses: [...losses.map(causeOf), ...(hasNvram ? [] : [noNvram])] }
}

const causeOf = ({ code, sentence }: Reason): Cause => ({ code, message: sentence })

const noNvram: Cause = {
  code: 'nvram-missing',
  message:
    'Its firmware settings (nvram) are not in the backup: a new VM starts with the defaults, without boot entries of its own.',
}

/** What is worth a warning each night: that no VM can be made, and devices that would be missing. The rest is in the point, and in the plan of a restore. */
export function recreateWarnings({ reasons, losses }: Recreate): Cause[] {
  const left = losses.filter(({ code, message }) => code === 'device-left-out' && !message.includes('(VirtualTPM)'))
  return [
    ...reasons.map(({ message }) => ({
      code: 'recreate-impossible',
      message: `A new VM cannot be made of this backup; its disks can be restored to files and in place. ${message}`,
    })),
    ...left.map(({ message }) => ({
      code: 'recreate-incomplete',
      message: `A new VM made of this backup would lack a device. ${message}`,
    })),
  ]
}
