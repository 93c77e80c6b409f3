import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'backup.reading-disk': [
    'retry',
    (d: { vm: string; disk: string; why: string }) => `${d.vm}: ${d.disk} could not be read to the end: ${d.why}`,
  ],
  'backup.quiesce-required': [
    'change-request',
    (d: { vm: string; why: string }) =>
      `${d.vm}: the policy requires a quiesced snapshot and the guest could not be quiesced: ${d.why}; repair VMware Tools in the guest, or set "quiesce: prefer"`,
  ],
  'backup.snapshot-lost': [
    'retry',
    (d: { vm: string; snapshot: string }) =>
      `${d.vm}: our snapshot ${d.snapshot} vanished during the backup, somebody else removed or consolidated it; nothing was committed, run the backup again`,
  ],
  'backup.no-disk-left': [
    'change-request',
    (d: { vm: string }) =>
      `${d.vm}: none of its disks can be backed up; see the reason at each disk with "vmkeep plan"`,
  ],
})
