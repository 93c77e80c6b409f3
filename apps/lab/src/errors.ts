import { defineErrors } from '@vmkeep/kit'

/** All that can go wrong in the lab outside the protocols it speaks: those answer with faults of their own. */
export const fail = defineErrors({
  'lab.bad-path': [
    'change-request',
    (d: { path: string }) => `"${d.path}" is no datastore path; write it as "[datastore1] folder/file.vmdk"`,
  ],
  'lab.no-such-datastore': ['change-request', (d: { datastore: string }) => `no datastore is called "${d.datastore}"`],
  'lab.datastore-exists': ['change-request', (d: { datastore: string }) => `datastore "${d.datastore}" exists already`],
  'lab.file-not-found': ['change-request', (d: { path: string }) => `${d.path} does not exist`],
  'lab.file-exists': ['change-request', (d: { path: string }) => `${d.path} exists already; choose another name`],
  'lab.file-locked': [
    'retry',
    (d: { path: string; by: string }) => `${d.path} is locked by ${d.by}; try again when it has let go`,
  ],
  'lab.file-too-large': [
    'change-request',
    (d: { path: string; sizeBytes: number }) =>
      `${d.path} has ${d.sizeBytes} bytes, too many to read at once; open it and read ranges`,
  ],
  'lab.is-folder': ['change-request', (d: { path: string }) => `${d.path} is a folder`],
  'lab.not-a-disk': ['change-request', (d: { path: string }) => `${d.path} is not the descriptor of a disk`],
  'lab.no-space': [
    'call-operator',
    (d: { datastore: string; neededBytes: number; freeBytes: number }) =>
      `datastore "${d.datastore}" has ${d.freeBytes} bytes free, ${d.neededBytes} are needed`,
  ],
  'lab.bad-capacity': [
    'change-request',
    (d: { path: string; capacityBytes: number }) =>
      `${d.path}: ${d.capacityBytes} bytes is no disk size; use a multiple of its sector, up to 62 TB, not below what it has`,
  ],
  'lab.disk-has-children': [
    'change-request',
    (d: { path: string }) => `${d.path} carries snapshots; remove them first`,
  ],
  'lab.no-such-disk': ['change-request', (d: { vm: string; key: number }) => `${d.vm} has no disk ${d.key}`],
  'lab.disk-key-taken': ['change-request', (d: { vm: string; key: number }) => `${d.vm} has a disk ${d.key} already`],
  'lab.no-such-snapshot': [
    'change-request',
    (d: { vm: string; snapshot: string }) => `${d.vm} has no snapshot ${d.snapshot}`,
  ],
  'lab.bad-checkpoint': ['quarantine', (d: { path: string }) => `${d.path} is not the state of a VM, or not all of it`],
  'lab.memory-cut-short': [
    'quarantine',
    (d: { path: string; sizeBytes: number; expectedBytes: number }) =>
      `${d.path} has ${d.sizeBytes} bytes of memory, and the VM had ${d.expectedBytes}`,
  ],
  'lab.memory-mismatch': [
    'quarantine',
    (d: { path: string; why: string }) => `the VM can't go on from ${d.path}: ${d.why}`,
  ],
  'lab.by-rule': ['retry', (d: { on: string; object: string }) => `${d.on} of ${d.object} failed by rule`],
  'lab.nfc-peer-gone': ['retry', () => 'the NFC client closed its connection'],
  'lab.nfc-protocol': [
    'report-bug',
    (d: { peer: string; says: string }) => `NFC client ${d.peer} broke the protocol: ${d.says}`,
  ],
  'lab.tool-missing': [
    'call-operator',
    (d: { tool: string; package: string }) => `${d.tool} is not installed; install the package ${d.package}`,
  ],
  'lab.tool-failed': [
    'call-operator',
    (d: { tool: string; says: string }) => `${d.tool} failed: ${d.says.trim() || 'it said nothing'}`,
  ],
  'lab.disk-too-small': [
    'change-request',
    (d: { capacityBytes: number; neededBytes: number }) =>
      `a disk of ${d.capacityBytes} bytes can't hold this content; give it at least ${d.neededBytes}`,
  ],
  'lab.bad-fault-rule': [
    'change-request',
    (d: { rule: string; why: string }) => `"${d.rule}" is no fault rule: ${d.why}`,
  ],
  'lab.bad-description': [
    'change-request',
    (d: { what: string; why: string }) => `${d.what} can't be made: ${d.why}; correct the lab's description`,
  ],
  'lab.bad-vm-argument': [
    'change-request',
    (d: { argument: string; why: string }) =>
      `"${d.argument}" is no VM: ${d.why}; write it as name=image.raw, name=10GiB or name=ext4:2GiB`,
  ],
  'lab.no-such-vm': ['change-request', (d: { vm: string }) => `the lab has no VM called "${d.vm}"`],
  'lab.bad-request': ['change-request', (d: { why: string }) => `the lab can't do that: ${d.why}`],
})
