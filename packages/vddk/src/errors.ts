import { defineErrors } from '@vmkeep/kit'

type During = { during: string }
type Said = During & { vix: number; text: string }

const said = ({ during, vix, text }: Said) => `libvixDiskLib fails ${during} with ${vix} (${text})`

/** Everything that can go wrong between us and VMware's own library. */
export const fail = defineErrors({
  'vddk.library-missing': [
    'change-request',
    (d: { path: string; why: string }) =>
      `there is no libvixDiskLib in ${d.path}: ${d.why}; let backup.vddk.library name the folder vmware-vix-disklib-distrib of VDDK 7, 8 or 9, or leave vddk out of the transports`,
  ],
  'vddk.library-unfit': [
    'change-request',
    (d: { file: string; why: string }) => `${d.file} cannot be used: ${d.why}; install VDDK 7, 8 or 9 for this machine`,
  ],
  'vddk.library-not-loadable': [
    'call-operator',
    (d: { file: string; why: string }) =>
      `${d.file} cannot be loaded: ${d.why}; install what is missing ("ldd" lists it), or unpack VDDK again as a whole`,
  ],
  'vddk.child-died': [
    'retry',
    (d: During & { how: string; lastWords: string }) =>
      `the process of libvixDiskLib ended (${d.how}) ${d.during}${d.lastWords === '' ? '' : `; it said last: ${d.lastWords}`}; try again, and if it lasts, put nbdssl before vddk`,
  ],
  'vddk.child-hung': [
    'retry',
    (d: During & { silenceMs: number; lastWords: string }) =>
      `libvixDiskLib did not come back within ${d.silenceMs} ms ${d.during} and was ended${d.lastWords === '' ? '' : `; it said last: ${d.lastWords}`}; try again, and if it lasts, put nbdssl before vddk`,
  ],
  'vddk.bad-answer': [
    'report-bug',
    (d: During & { fact: string }) =>
      `the process of libvixDiskLib answered nonsense ${d.during}: ${d.fact}; report this`,
  ],
  'vddk.disk-changed': [
    'call-operator',
    (d: { path: string; capacityBytes: number; foundBytes: number }) =>
      `${d.path} has ${d.foundBytes} bytes by libvixDiskLib, not ${d.capacityBytes}: it was resized or replaced meanwhile; start over`,
  ],
  'vddk.closed': ['report-bug', (d: { path: string }) => `${d.path} is closed`],
  'vddk.port-unreachable': [
    'call-operator',
    (d: Said) =>
      `${said(d)}: no connection to the ESXi host; open TCP 902 in the firewalls from this machine to every ESXi host, and check that their names resolve here as vCenter reports them`,
  ],
  'vddk.host-unknown': [
    'call-operator',
    (d: Said) =>
      `${said(d)}: the ESXi host's name can't be resolved on this machine; add it to DNS or to the hosts file`,
  ],
  'vddk.connection-lost': [
    'retry',
    (d: Said) => `${said(d)}: the connection to the host broke; try again, and if it lasts, look at the network`,
  ],
  'vddk.unknown-error': [
    'call-operator',
    (d: Said) =>
      `${said(d)} and tells no more: most often the server's certificate is not the one of the thumbprint, because it was renewed ("vmkeep vcenter trust" shows it), or a proxy stands in between; its log has the rest`,
  ],
  'vddk.access-refused': [
    'call-operator',
    (d: Said) =>
      `${said(d)}: the account lacks VirtualMachine.Provisioning.DiskRandomRead ("vmkeep doctor" checks it), the disk is in use, or, before VDDK 8.0.2, TCP 902 of the host cannot be reached`,
  ],
  'vddk.privilege-missing': [
    'call-operator',
    (d: Said) =>
      `${said(d)}: the account lacks a privilege, or its session has ended; "vmkeep doctor" names what is missing`,
  ],
  'vddk.not-found': [
    'change-request',
    (d: Said) => `${said(d)}: there is no such disk, VM or snapshot; it was moved or removed meanwhile, so start over`,
  ],
  'vddk.locked': [
    'retry',
    (d: Said) =>
      `${said(d)}: somebody holds a lock on the disk, another backup or a disk that is still attached to a proxy; find and end it, then try again`,
  ],
  'vddk.vm-running': [
    'change-request',
    (d: Said) =>
      `${said(d)}: the VM runs; a disk is written while its VM is off, and read from a snapshot while it is on`,
  ],
  'vddk.read-only': ['change-request', (d: Said) => `${said(d)}: the disk was opened for reading only`],
  'vddk.no-license': [
    'call-operator',
    (d: Said) => `${said(d)}: the host's licence does not allow it; free ESXi cannot be backed up`,
  ],
  'vddk.out-of-memory': [
    'retry',
    (d: Said) => `${said(d)}: the host or this machine has no memory left for it; read fewer disks of the host at once`,
  ],
  'vddk.encrypted': [
    'call-operator',
    (d: Said) =>
      `${said(d)}: the disk is encrypted and its key is not at hand; the account needs Cryptographer.Access, and san never reads encrypted disks`,
  ],
  'vddk.disk-full': ['call-operator', (d: Said) => `${said(d)}: the datastore is full; free some space and try again`],
  'vddk.not-supported': [
    'change-request',
    (d: Said) =>
      `${said(d)}: this VDDK cannot do it here; use a version that fits the vCenter, or put nbdssl before vddk`,
  ],
  'vddk.refused': [
    'call-operator',
    (d: Said) => `${said(d)}: look the number up among VMware's VIX errors; the library's log has the rest`,
  ],
})
