// What can go wrong with VMs, snapshots, disks and places, beyond what vSphere itself refuses. A part of the table in errors.ts.
import type { ErrorTable } from '@vmkeep/kit'

const listed = (items: readonly string[]): string => (items.length === 0 ? 'nothing' : items.join(', '))

export const objectErrors = {
  // Finding things.
  'vsphere.vm-not-found': [
    'change-request',
    (d: { selector: string; near: readonly string[] }) =>
      `no VM is called "${d.selector}"${d.near.length === 0 ? '; list the VMs this account may see' : `; did you mean ${d.near.join(', ')}?`}`,
  ],
  'vsphere.vm-ambiguous': [
    'change-request',
    (d: { selector: string; candidates: readonly string[] }) =>
      `"${d.selector}" means ${d.candidates.length} VMs; name one by its path or UUID: ${d.candidates.join('; ')}`,
  ],
  'vsphere.place-not-found': [
    'change-request',
    (d: { kind: string; wanted: string; candidates: readonly string[] }) =>
      `there is no ${d.kind}${d.wanted === '' ? '' : ` "${d.wanted}"`} for this; there is: ${listed(d.candidates)}`,
  ],
  'vsphere.place-ambiguous': [
    'change-request',
    (d: { kind: string; wanted: string; candidates: readonly string[] }) =>
      `${d.wanted === '' ? `which ${d.kind}?` : `"${d.wanted}" means several ${d.kind}s;`} name one of: ${listed(d.candidates)}`,
  ],
  'vsphere.network-unmapped': [
    'change-request',
    (d: { networks: readonly string[]; candidates: readonly string[] }) =>
      `the destination has no network ${listed(d.networks)}; map it to one of: ${listed(d.candidates)}`,
  ],
  'vsphere.no-configuration': [
    'call-operator',
    (d: { object: string }) => `vSphere reports no configuration of ${d.object}; reload it or register it again`,
  ],
  // Snapshots.
  'vsphere.snapshot-disabled': [
    'call-operator',
    (d: { vm: string; reason: string }) =>
      `${d.vm} allows no snapshots (${d.reason}); unlock or enable them in its settings`,
  ],
  'vsphere.snapshot-too-deep': [
    'call-operator',
    (d: { vm: string; reason: string }) => `${d.vm} has too many snapshots (${d.reason}); remove some`,
  ],
  'vsphere.snapshot-device-incompatible': [
    'call-operator',
    (d: { vm: string; reason: string }) =>
      `${d.vm} has a device that allows no snapshots (${d.reason}): a shared bus, a physical RDM or a passthrough device`,
  ],
  'vsphere.snapshot-no-change': [
    'change-request',
    (d: { vm: string; reason: string }) =>
      `${d.vm} has not changed since its last snapshot (${d.reason}), as a suspended VM has not, and vSphere takes no second one: resume the VM, or remove that snapshot`,
  ],
  'vsphere.snapshot-memory-refused': [
    'change-request',
    (d: { vm: string; reason: string }) =>
      `${d.vm} allows no snapshot with its memory (${d.reason}), as beside independent disks; back it up without: "memory: off"`,
  ],
  'vsphere.snapshot-unconfirmed': [
    'retry',
    (d: { vm: string; name: string }) =>
      `vSphere forgot the task that was to create snapshot "${d.name}" of ${d.vm}, and there is no such snapshot; try again`,
  ],
  'vsphere.snapshot-not-removed': [
    'retry',
    (d: { snapshot: string; vm: string }) =>
      `vSphere says that ${d.snapshot} of ${d.vm} was removed, but it is still there; it will be tried again`,
  ],
  'vsphere.consolidation-unfinished': [
    'call-operator',
    (d: { vm: string }) =>
      `the disks of ${d.vm} still need consolidation after it ran; look for another program that holds them open`,
  ],
  // Change tracking.
  'vsphere.change-tracking-unsupported': [
    'change-request',
    (d: { vm: string }) => `${d.vm} does not support change tracking: it needs virtual hardware 7 or newer`,
  ],
  'vsphere.change-tracking-blocked': [
    'change-request',
    (d: { vm: string; snapshots: number }) =>
      `change tracking of ${d.vm} can't be turned on while it has ${d.snapshots} snapshots: vSphere would report wrong changes; remove them first`,
  ],
  'vsphere.change-tracking-refused': [
    'call-operator',
    (d: { vm: string; wanted: 'on' | 'off' }) =>
      `vSphere accepted to switch change tracking of ${d.vm} ${d.wanted} but reports that it has not; look at its advanced settings (ctkEnabled)`,
  ],
  'vsphere.change-id-unknown': [
    'change-request',
    (d: { disk: string; changeId: string; reason: string }) =>
      `${d.disk}: vSphere can't tell what changed since ${d.changeId} (${d.reason}); the whole disk has to be read`,
  ],
  'vsphere.change-info-invalid': [
    'change-request',
    (d: { disk: string; problem: string }) =>
      `${d.disk}: vSphere's list of changes contradicts itself (${d.problem}) and is not trusted; the whole disk has to be read`,
  ],
  // Files and tickets.
  'vsphere.file-too-large': [
    'change-request',
    (d: { file: string; sizeBytesMax: number }) =>
      `${d.file} is larger than ${d.sizeBytesMax} bytes, which this way of reading is not made for`,
  ],
  'vsphere.file-refused': [
    'call-operator',
    (d: { file: string; host: string; status: number }) =>
      `${d.host} answers HTTP ${d.status} for ${d.file}; it may be locked by a running VM, or this user may lack Datastore.Browse`,
  ],
  'vsphere.file-cut': [
    'retry',
    (d: { file: string; host: string; sizeBytes: number; cameBytes: number }) =>
      `${d.host} gave ${d.cameBytes} of the ${d.sizeBytes} bytes of ${d.file}; it may have changed meanwhile, try again`,
  ],
  'vsphere.file-name-invalid': [
    'change-request',
    (d: { file: string }) => `"${d.file}" does not name a file on a datastore: write "[datastore] folder/file"`,
  ],
  'vsphere.nfc-unavailable': [
    'call-operator',
    (d: { host: string }) => `${d.host} offers no NFC service; vSphere 7 or newer does, under a full licence`,
  ],
  'vsphere.vm-without-host': [
    'retry',
    (d: { vm: string }) => `${d.vm} is on no host right now, so its disks can't be opened; try again later`,
  ],
  // Creating VMs.
  'vsphere.saved-config-incomplete': [
    'change-request',
    (d: { missing: string }) =>
      `the saved configuration has no ${d.missing}, so no VM can be made from it; restore its disks to files instead`,
  ],
  'vsphere.vm-unconfirmed': [
    'retry',
    (d: { name: string; folder: string }) =>
      `vSphere forgot the task that was to create "${d.name}" in ${d.folder}, and there is no such VM of ours; try again`,
  ],
  'vsphere.no-controller': [
    'change-request',
    (d: { disk: string; slot: string; vm: string }) => `${d.vm} has no controller for ${d.disk} at ${d.slot}`,
  ],
  'vsphere.disk-unconfirmed': [
    'retry',
    (d: { disk: string; vm: string }) => `${d.disk} was added to ${d.vm}, but vSphere does not show it; look at the VM`,
  ],
  'vsphere.disk-still-attached': [
    'retry',
    (d: { disk: string; vm: string }) =>
      `vSphere says that ${d.disk} was taken off ${d.vm}, but it still hangs there; it will be tried again`,
  ],
  'vsphere.not-ours': [
    'change-request',
    (d: { vm: string }) =>
      `${d.vm} does not carry the mark of this restore, so it is not deleted; delete it yourself if it is a leftover`,
  ],
  'vsphere.vm-not-destroyed': [
    'retry',
    (d: { vm: string }) => `vSphere says that ${d.vm} was deleted, but it is still there; it will be tried again`,
  ],
  'vsphere.lease-failed': [
    'retry',
    (d: { host: string; why: string }) => `${d.host} could not prepare the disks of a VM for transfer: ${d.why}`,
  ],
  'vsphere.lease-lost': [
    'retry',
    (d: { host: string; vm: string; why: string }) =>
      `${d.host} has ended the transfer of the disks of ${d.vm} before it was done: ${d.why}`,
  ],
  'vsphere.power-state-unreached': [
    'call-operator',
    (d: { vm: string; wanted: string; found: string }) =>
      `${d.vm} is ${d.found}, though vSphere says that it was told to be ${d.wanted}; look at its questions and at DRS`,
  ],
} as const satisfies ErrorTable
