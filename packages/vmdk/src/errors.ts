import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'vmdk.damaged': [
    'call-operator',
    (d: { path: string; offsetBytes: number; fact: string }) =>
      `${d.path} at byte ${d.offsetBytes}: ${d.fact}; the file is damaged or was cut short: copy it again, or take another copy`,
  ],
  'vmdk.unsupported': [
    'change-request',
    (d: { path: string; fact: string; instead: string }) =>
      `${d.path} ${d.fact}, which vmkeep does not read; ${d.instead}`,
  ],
  'vmdk.extent-outside': [
    'call-operator',
    (d: { path: string; extent: string }) =>
      `${d.path} names the extent "${d.extent}", which is not a plain file in its own folder; a disk that points elsewhere may be a trap: put its files into one folder and correct the descriptor`,
  ],
  'vmdk.parent-outside': [
    'call-operator',
    (d: { path: string; parent: string; root: string }) =>
      `${d.path} names the parent "${d.parent}", which is not below ${d.root}; a disk that points elsewhere may be a trap: copy the whole chain into one folder`,
  ],
  'vmdk.chain-broken': [
    'call-operator',
    (d: { path: string; fact: string }) =>
      `${d.path} is the disk of a snapshot, and its chain is broken: ${d.fact}; nothing was read: bring all files of the chain as they were at one moment`,
  ],
  'vmdk.not-found': [
    'change-request',
    (d: { path: string; neededBy: string }) =>
      `${d.path} is not there${d.neededBy === '' ? '' : `, but ${d.neededBy} needs it`}; check the path, or copy the missing file beside the others`,
  ],
  'vmdk.read-failed': [
    'call-operator',
    (d: { path: string; fact: string }) =>
      `${d.path} cannot be read: ${d.fact}; check its permissions and its file system`,
  ],
  'vmdk.file-exists': [
    'change-request',
    (d: { path: string }) =>
      `${d.path} is there already and nothing is ever overwritten; choose another name, or remove it if nothing uses it`,
  ],
  'vmdk.write-failed': [
    'call-operator',
    (d: { path: string; fact: string }) =>
      `${d.path} cannot be written: ${d.fact}; make room or correct the permissions, then start again`,
  ],
  'vmdk.writer-broken': [
    'retry',
    (d: { path: string }) => `${d.path}: an earlier write failed, so this file will not be finished; start it again`,
  ],
  'vmdk.bad-request': [
    'change-request',
    (d: { path: string; fact: string }) => `${d.path} cannot be made: ${d.fact}; correct the request`,
  ],
  'vmdk.too-large': [
    'change-request',
    (d: { path: string }) =>
      `${d.path} is full: a sparse VMDK holds at most 2 TiB of data; write this disk as monolithicFlat or raw`,
  ],
})
