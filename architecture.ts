// The shape of the system: every package, and whom it may import. Read top-down it is the data path.
// Held by architecture.test.ts; drawn in ARCHITECTURE.md.
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  kit: [], // knows no word of the glossary
  disk: ['kit'],
  nfc: ['kit'], // gets a ticket as plain data; knows no vSphere
  vmdk: ['kit', 'disk'],
  vddk: ['kit', 'disk'], // VMware's own library, in a process of its own; knows no vSphere
  vmfs: ['kit', 'disk'], // a file system, read: knows no VMDK and no vSphere
  vsphere: ['kit', 'selection'], // of selection what there is to ask of a VM, which it reads
  run: ['kit', 'vsphere', 'repository'], // what a backup and a restore share: events, journal, leftovers, a VM's point
  transport: ['kit', 'disk', 'vsphere', 'nfc', 'vmdk', 'vmfs', 'vddk'],
  repository: ['kit', 'disk'], // never hears of VMware
  retention: ['kit'], // pure: which restore points go, and why
  selection: ['kit'], // pure: what can be asked of a VM, whom a policy is for, and why
  s3: ['kit', 'repository'], // a storage of the repository; apart, so that the AWS SDK is loaded only where it is used
  backup: ['kit', 'disk', 'vsphere', 'transport', 'repository', 'retention', 'run'],
  restore: ['kit', 'disk', 'vsphere', 'transport', 'vmdk', 'repository', 'run'],
  lab: ['kit', 'disk', 'vmdk', 'nfc/messages', 'vsphere/types'], // wire declarations only, never the clients
  cli: [
    'kit',
    'disk',
    'vsphere',
    'transport',
    'repository',
    'retention',
    'selection',
    'run',
    's3',
    'backup',
    'restore',
    'lab',
  ],
}
