// For tests and benches: what a backup is told where nothing special is asked of it.
import { defaultTransport } from '@vmkeep/transport'
import { type BackupOptions, defaultLimits } from './options.ts'

export const plainOptions: BackupOptions = {
  quiesce: 'off',
  quiesceTimeoutMinutes: 15,
  changeTracking: 'enable',
  fullRead: false,
  auditDays: 90,
  excludeDisks: [],
  transport: defaultTransport,
  limits: defaultLimits,
}
