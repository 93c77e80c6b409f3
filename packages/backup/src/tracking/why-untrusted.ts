import { hasCode } from '@vmkeep/kit'
import type { FullReadCause } from '../decide-read.ts'

/** Change tracking let us down: the disk is read whole in the same run, and only differences are stored. */
export function whyUntrusted(error: unknown): FullReadCause | undefined {
  if (hasCode(error, 'vsphere.change-id-unknown')) return 'change-id-unknown'
  if (hasCode(error, 'repository.point-buried')) return 'base-released'
  return hasCode(error, 'vsphere.change-info-invalid') ? 'change-info-invalid' : undefined
}
