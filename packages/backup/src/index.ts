export type { DiskNow, ReadDecision } from './decide-read.ts'
export { fail as backupFail } from './errors.ts'
export type { LatencyLimits } from './latency-guard.ts'
export {
  type BackupOptions,
  defaultLimits,
  type GuestScripts,
  type HostScripts,
  type MemoryPolicy,
  type QuiescePolicy,
  type RunLimits,
  type VssOptions,
} from './options.ts'
export type { DiskPlan, VmPlan } from './plan.ts'
export { planBackup } from './plan-backup.ts'
export type { DiskReport, RunReport, VmOutcome, VmReport } from './report.ts'
export { type BackupRequest, runBackup } from './run-backup.ts'
export { runOnServers, type ServerBackup, type ServerReport, type ServersReport } from './run-on-servers.ts'
export { type AuditedDisk, type AuditReport, type AuditRequest, auditVm } from './tracking/audit-vm.ts'
export { doubtedDisks, warningsOfDoubted } from './tracking/doubted-disks.ts'
export { switchTracking, type TrackingReport, type TrackingRequest } from './tracking/switch-tracking.ts'
