import { defineErrors } from '@vmkeep/kit'

interface LostRange {
  readonly disk: string
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** The first few; all are in the details. */
function summary(ranges: readonly LostRange[]): string {
  const named = ranges
    .slice(0, 5)
    .map(({ disk, offsetBytes, lengthBytes }) => `${disk}, ${lengthBytes} bytes from ${offsetBytes}`)
  return named.join('; ') + (ranges.length > named.length ? `; and ${ranges.length - named.length} more` : '')
}

export const fail = defineErrors({
  'restore.no-such-disk': [
    'change-request',
    (d: { point: string; disk: string; disks: string }) =>
      `restore point ${d.point} has no disk "${d.disk}"; it has ${d.disks}`,
  ],
  'restore.no-such-storage-policy': [
    'change-request',
    (d: { wanted: readonly string[]; candidates: readonly string[] }) =>
      `the destination has no storage policy ${d.wanted.join(', ')}; it has ${d.candidates.join(', ') || 'none'}: name one of them with --storage-policy OLD=NEW or in a rule, or take the defaults of the datastores with --storage-policies none`,
  ],
  'restore.storage-policies-unknown': [
    'change-request',
    (d: { why: string }) =>
      `the storage policies that were asked for cannot be given: ${d.why}. With --storage-policies none the VM gets the defaults of its datastores`,
  ],
  'restore.no-such-file': [
    'change-request',
    (d: { point: string; file: string; files: string }) =>
      `restore point ${d.point} has no ${d.file} of the VM; it has ${d.files}. A VM that was never on has no nvram`,
  ],
  'restore.point-damaged': [
    'quarantine',
    (d: { point: string; ranges: readonly LostRange[] }) =>
      `parts of restore point ${d.point} are lost: ${summary(d.ranges)}. Nothing was restored. Restore another point, or run a backup of the VM (it reads again what was lost) and try again; with --allow-damaged the lost parts become zeroes`,
  ],
  'restore.target-exists': [
    'change-request',
    (d: { folder: string; names: string; fact: string }) =>
      `${d.folder} already holds ${d.names}, ${d.fact}; nothing is ever overwritten: move what is there away, or choose another folder, and restore again`,
  ],
  'restore.target-busy': [
    'change-request',
    (d: { folder: string; pid: number }) =>
      `process ${d.pid} is restoring the same VM into ${d.folder} at this moment; wait for it or end it, or choose another folder`,
  ],
  'restore.target-unusable': [
    'call-operator',
    (d: { path: string; why: string }) =>
      `cannot write to ${d.path}: ${d.why}; make it writable or choose another folder`,
  ],
  'restore.target-full': [
    'call-operator',
    (d: { path: string }) =>
      `no space left at ${d.path}; the unfinished file was removed; free some space, move what was finished away, and restore again`,
  ],
  'restore.verify-failed': [
    'quarantine',
    (d: { disk: string; offsetBytes: number }) =>
      `${d.disk} does not read back as the restore point has it, first at byte ${d.offsetBytes}; do not use it, check the target's storage and restore again`,
  ],
  'restore.vm-gone': [
    'change-request',
    (d: { vm: string; uuid: string; count: number }) =>
      d.count === 0
        ? `${d.vm} (instance uuid ${d.uuid}) is not there any more, so nothing can be restored in place; make it anew with --to-vsphere`
        : `${d.count} VMs have the instance uuid ${d.uuid} of ${d.vm}; restore beside them with --to-vsphere`,
  ],
  'restore.not-in-place': [
    'change-request',
    (d: { vm: string; reasons: readonly string[] }) =>
      `${d.vm} cannot be restored in place: ${d.reasons.join('; ')}. Nothing was touched`,
  ],
  'restore.not-attachable': [
    'change-request',
    (d: { disk: string; vm: string; reasons: readonly string[] }) =>
      `${d.disk} cannot be attached to ${d.vm}: ${d.reasons.join('; ')}. Nothing is left behind`,
  ],
  'restore.unfinished': [
    'change-request',
    (d: { vm: string; point: string; why: string }) =>
      `the restore of ${d.vm} in place did not finish, and its disks hold parts of two moments: do not start it. Run the same restore again, it goes on where it stopped: vmkeep restore --point ${d.point} --in-place. What stopped it: ${d.why}`,
  ],
  'restore.tracking-not-reset': [
    'call-operator',
    (d: { vm: string; disks: readonly string[] }) =>
      `the disks of ${d.vm} are restored, but its change tracking could not be started anew (${d.disks.join(', ')}) and would report wrong changes. Run "vmkeep vm cbt disable ${d.vm}", then the same restore again`,
  ],
  'restore.memory-impossible': [
    'change-request',
    (d: { vm: string; reasons: readonly string[] }) =>
      `${d.vm} cannot come back with its memory: ${d.reasons.join('; ')}. Nothing was made; without --memory it comes back switched off`,
  ],
  'restore.not-suspended': [
    'call-operator',
    (d: { vm: string; why: string }) =>
      `${d.vm} could not be taken back to the moment of its memory: ${d.why}. Without --memory it comes back switched off`,
  ],
  'restore.vm-exists': [
    'change-request',
    (d: { name: string; folder: string }) =>
      `a VM named ${d.name} is already in ${d.folder}; give the restored one another name with --name`,
  ],
  'restore.network-unknown': [
    'change-request',
    (d: { networks: string; known: string }) =>
      `the target has no network named ${d.networks}; map each with --network OLD=NEW. It has ${d.known}`,
  ],
  'restore.disk-not-offered': [
    'call-operator',
    (d: { disk: string; slot: string; offered: readonly string[] }) =>
      `vSphere offers no place to send ${d.disk} (${d.slot}) to, only ${d.offered.length === 0 ? 'none' : d.offered.join(', ')}; put nbdssl before lease in the transports`,
  ],
  'restore.disk-size-differs': [
    'report-bug',
    (d: { disk: string; expectedBytes: number; foundBytes: number }) =>
      `${d.disk} was created with ${d.foundBytes} bytes instead of ${d.expectedBytes}; nothing was written to it`,
  ],
})
