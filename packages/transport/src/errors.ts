import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'transport.none-fits': [
    'change-request',
    (d: { disk: string; reasons: readonly string[] }) =>
      `no transport reaches ${d.disk}: ${d.reasons.join('; ')}; add nbdssl to the transports`,
  ],
  'transport.none-writes': [
    'change-request',
    (d: { disk: string; order: readonly string[] }) =>
      `${d.disk} cannot be written by ${d.order.join(' or ')}; add nbdssl to the transports`,
  ],
  'transport.lease-without-disk': [
    'change-request',
    (d: { disk: string; offered: readonly string[] }) =>
      `the lease does not offer ${d.disk}, only ${d.offered.length === 0 ? 'nothing' : d.offered.join(', ')}; add nbdssl to the transports`,
  ],
  'transport.lease-another-disk': [
    'call-operator',
    (d: { disk: string; fact: string }) =>
      `${d.disk}: the lease sends another disk: ${d.fact}; add nbdssl to the transports, and look at the VM's devices`,
  ],
  'transport.lease-altered': [
    'quarantine',
    (d: { disk: string; fact: string }) =>
      `${d.disk}: what arrived is not what vSphere says it sent: ${d.fact}; none of it is kept: start again, and look at what stands between`,
  ],
  'transport.lease-unproven': [
    'quarantine',
    (d: { disk: string; fact: string }) =>
      `${d.disk}: nothing proves that all of it arrived: ${d.fact}; none of it is kept: take lease out of the transports`,
  ],
  'transport.no-slot': [
    'change-request',
    (d: { disk: string; proxy: string }) =>
      `no SCSI controller of ${d.proxy}, the VM of this machine, has a free place for ${d.disk}; add a paravirtual SCSI controller to it, or let fewer disks be read at once`,
  ],
  'transport.already-attached': [
    'call-operator',
    (d: { disk: string; proxy: string }) =>
      `${d.disk} hangs already on ${d.proxy}, the VM of this machine, and vmkeep has not put it there; take it off in vSphere if nobody needs it`,
  ],
  'transport.no-device': [
    'call-operator',
    (d: { disk: string; seconds: number }) =>
      `${d.disk} was attached to this machine, but no new device of its size and place has come within ${d.seconds} s; is this machine the VM that proxyVm names?`,
  ],
  'transport.device-failed': [
    'call-operator',
    (d: { disk: string; device: string; why: string }) =>
      `${d.disk} cannot be read here as ${d.device}: ${d.why}; run as root, and look at the kernel's log`,
  ],
  'transport.not-logged': [
    'report-bug',
    (d: { disk: string }) => `${d.disk} was to be attached to this machine, but nothing would remember that it is`,
  ],
  'transport.another-disk': [
    'change-request',
    (d: { disk: string; path: string; fact: string }) =>
      `${d.path} is not ${d.disk}: ${d.fact}; check which datastore is mounted there`,
  ],
  'transport.file-refused': [
    'change-request',
    (d: { disk: string; reason: string }) => `file does not read ${d.disk}: ${d.reason}; nbdssl reads it`,
  ],
  'transport.san-refused': [
    'change-request',
    (d: { disk: string; reason: string }) => `san does not read ${d.disk}: ${d.reason}; nbdssl reads it`,
  ],
  'transport.san-differs': [
    'call-operator',
    (d: { disk: string; offsetBytes: number; fact: string }) =>
      `${d.disk} is not on its LUN what its host says, at byte ${d.offsetBytes}: ${d.fact}; nothing read from there is used: let nbdssl read it, and report this with the versions of ESXi and VMFS`,
  ],
  'transport.san-changed': [
    'retry',
    (d: { disk: string; file: string; fact: string }) =>
      `${d.file}, of ${d.disk}, changed while it was read from its LUN: ${d.fact}; somebody moves or consolidates the VM's disks: let nbdssl read it, or try again`,
  ],
})
