import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'run.state-unusable': [
    'call-operator',
    (d: { folder: string; why: string }) =>
      `the state folder ${d.folder} cannot be used: ${d.why}; free space there and make it writable for this user, or name another one with VMKEEP_STATE_DIR`,
  ],
  'run.instance-id-damaged': [
    'call-operator',
    (d: { path: string }) =>
      `${d.path} does not hold an instance id; restore the file from a copy, or delete it if no snapshot named "vmkeep.…" is left on any VM`,
  ],
  'run.vm-busy': [
    'retry',
    (d: { vm: string; work: string; pid: number }) =>
      `${d.vm} is being worked on by ${d.work} (process ${d.pid}); wait until it has finished`,
  ],
  'run.leftover-not-removed': [
    'call-operator',
    (d: { vm: string; what: string }) =>
      `${d.what} of an interrupted run is still on ${d.vm}; vmkeep tries again at its next start, or remove it by hand in vSphere`,
  ],
  'run.leftover-unconfirmed': [
    'call-operator',
    (d: { vm: string; snapshot: string; why: string; next: string; journal: string }) =>
      `snapshot ${d.snapshot} of an interrupted run may still be on ${d.vm}: ${d.why}; ${d.next}, then start vmkeep again; if you know that nothing of that run is left in vSphere, delete ${d.journal}`,
  ],
  'run.disk-not-detached': [
    'call-operator',
    (d: { vm: string; disk: string; proxy: string }) =>
      `${d.disk} of ${d.vm} is still attached to ${d.proxy}, the VM of this machine; vmkeep tries again at its next start, or take it off by hand in vSphere, without deleting its files`,
  ],
  'run.disk-unconfirmed': [
    'call-operator',
    (d: { disk: string; vm: string; proxy: string; journal: string }) =>
      `${d.disk} of ${d.vm} may still be attached to ${d.proxy}, which can't be looked at; bring that VM's host or datastore back and let this account see it, then start vmkeep again; if you know that the disk hangs there no more, delete ${d.journal}`,
  ],
  'run.vm-held': [
    'call-operator',
    (d: { vm: string; identity: string; library: string; why: string; journal: string }) =>
      `${d.vm} can't be relocated (storage vMotion, Migrate): RelocateVM_Task was disabled for a backup (as ${d.identity}) and is not enabled again: ${d.why}; vmkeep tries again at its next start, with VDDK at ${d.library} or where backup.vddk.library says; ` +
      `without VDDK, take the VM out of the inventory while it is off and register it again, which costs it its reference and statistics; once RelocateVM_Task is enabled, ${d.journal} goes by itself`,
  ],
  'run.point-not-a-vm': [
    'change-request',
    (d: { point: string }) => `restore point ${d.point} does not hold a VM; name another one, see "vmkeep point list"`,
  ],
  'run.point-too-new': [
    'call-operator',
    (d: { point: string; format: number }) =>
      `restore point ${d.point} was written in VM format ${d.format} by a newer vmkeep; update this one to read it`,
  ],
})
