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
  'backup.script-failed': [
    'change-request',
    (d: { vm: string; script: string; why: string }) =>
      `${d.vm}: the script ${d.script} before the snapshot failed: ${d.why}; mend it, or set "scripts: {ifPreFails: continue}"`,
  ],
  'backup.guest-script-failed': [
    'change-request',
    (d: { vm: string; script: string; why: string }) =>
      `${d.vm}: the script ${d.script} in the guest failed before the snapshot: ${d.why}; mend it, or set "guestScripts: {ifPreFails: continue}"`,
  ],
  'backup.application-required': [
    'change-request',
    (d: { vm: string; why: string }) =>
      `${d.vm}: the policy requires an application-consistent snapshot and it is not proven to be one: ${d.why}; mend that in the VM, or set "quiesce: application", which takes what it gets and says so`,
  ],
  'backup.memory-required': [
    'change-request',
    (d: { vm: string; why: string }) =>
      `${d.vm}: the policy requires the guest's memory, and it can't be kept: ${d.why} Mend that, or set "memory: prefer", which goes on without and says so`,
  ],
  'backup.memory-not-in-snapshot': [
    'call-operator',
    (d: { vm: string }) =>
      `vSphere lists no file of memory for the snapshot of ${d.vm}, though it was asked for; look whether the VM ran at that moment.`,
  ],
  'backup.snapshot-lost': [
    'retry',
    (d: { vm: string; snapshot: string }) =>
      `${d.vm}: our snapshot ${d.snapshot} vanished during the backup, somebody else removed or consolidated it; nothing was committed, run the backup again`,
  ],
  'backup.template-changed': [
    'retry',
    (d: { vm: string }) =>
      `${d.vm} is a template, is read without a snapshot, and was changed, converted or started meanwhile; nothing was committed, run the backup again`,
  ],
  'backup.snapshot-too-old': [
    'change-request',
    (d: { vm: string; hours: number }) =>
      `${d.vm}: the backup has held its snapshot for ${d.hours} h and was called off, nothing was committed; find out what is slow, or raise backup.snapshotMaxHours`,
  ],
  'backup.host-in-maintenance': [
    'retry',
    (d: { vm: string; host: string; why: string }) =>
      `${d.vm}: its host ${d.host} was put into maintenance mode while its disks were read, and serves them no more: move the VM, or end maintenance, and run the backup again (${d.why})`,
  ],
  'backup.storage-moved': [
    'retry',
    (d: { vm: string; how: string }) =>
      `${d.vm}: ${d.how}, and the rest could not be read under the old path; nothing was committed, run the backup again`,
  ],
  'backup.datastore-too-full': [
    'call-operator',
    (d: { vm: string; why: string }) =>
      `${d.vm}: no snapshot was started: ${d.why}; make room on the datastore, or lower backup.guards in the config`,
  ],
  'backup.snapshots-unseen': [
    'call-operator',
    (d: { vm: string; state: string }) =>
      `vSphere shows no snapshots of ${d.vm} while it is ${d.state}, so ours may still be there; bring back the VM's host or datastore, then start vmkeep again`,
  ],
  'backup.snapshot-not-ours': [
    'call-operator',
    (d: { vm: string; snapshot: string }) =>
      `${d.vm}: a snapshot bears exactly our name, ${d.snapshot}, but not our description, and was left alone; find out who made or changed it, and remove it by hand in vSphere if nobody needs it`,
  ],
  'backup.tracking-has-snapshots': [
    'change-request',
    (d: { vm: string; snapshots: readonly string[] }) =>
      `${d.vm} has snapshots (${d.snapshots.join(', ')}), and change tracking that is switched beside them gives wrong answers later; remove them first`,
  ],
  'backup.tracking-not-reset': [
    'call-operator',
    (d: { vm: string; disks: readonly string[] }) =>
      `${d.vm}: change tracking of ${d.disks.join(', ')} was switched off and on and still goes on where it was; power the VM off, delete its -ctk.vmdk files, and switch it on again`,
  ],
  'backup.no-identity': [
    'call-operator',
    (d: { vm: string }) =>
      `${d.vm}: vSphere tells no instance uuid for it, so its restore points could not be told from another VM's; reload or register the VM again`,
  ],
})
