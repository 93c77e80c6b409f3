/** Which command passes a crash point, and what is there when it dies there. */
export interface CrashPoint {
  /** As `VMKEEP_CRASH_AT` takes it: a name, or `name#3` for its third passing. */
  readonly at: string
  readonly of:
    | 'backup'
    | 'hotadd'
    | 'vddk'
    | 'clean-up'
    | 'restore-to-vsphere'
    | 'restore-suspended'
    | 'restore-in-place'
    | 'restore-to-files'
    | 'restore-to-other-vm'
  /** Backup: a new restore point is committed. Restore: the new VM is the admin's, the VM carries no mark any more, the other VM has the disk, or the last of the files has its name. */
  readonly finished: boolean
}

const backup = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((at) => ({ at, of: 'backup', finished }))
const restore = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((at) => ({ at, of: 'restore-to-vsphere', finished }))

/** Of a restore that brings the memory back too. */
const suspended = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((name) => ({ at: `restore.${name}`, of: 'restore-suspended', finished }))

const inPlace = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((at) => ({ at, of: 'restore-in-place', finished }))
const attach = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((name) => ({ at: `attach.${name}`, of: 'restore-to-other-vm', finished }))
/** Of a backup that attaches a disk to the machine it runs on. */
const hotadd = (...names: string[]): CrashPoint[] =>
  names.map((name) => ({ at: `hotadd.${name}`, of: 'hotadd', finished: false }))

/** Of a backup that has VMware's library keep the VM in its place. */
const vddk = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((name) => ({ at: `vddk.${name}`, of: 'vddk', finished }))

/** The files of a raw restore of two disks, in their order: disk, disk, config, vmx, nvram, report. The first stands without a number. */
const files = ['', '#2', '#3', '#4', '#5', '#6']
const fileSteps = ['new-file.before-link', 'new-file.after-link', 'new-file.published']
const toFiles = files.flatMap((nth) =>
  fileSteps.map((step, i) => ({ at: step + nth, of: 'restore-to-files' as const, finished: nth === '#6' && i > 0 })),
)

/** Every crash point of the sources, in the order in which they are passed. A test holds it to the sources and the documents. */
export const crashPoints: readonly CrashPoint[] = [
  ...backup(false, 'repository.after-session-start', 'backup.session-started'),
  ...backup(false, 'backup.before-snapshot', 'backup.after-snapshot'),
  ...backup(false, 'repository.after-pack', 'repository.after-pack#2', 'repository.after-pack#4'),
  ...backup(false, 'repository.after-delta', 'repository.after-delta#2', 'repository.after-delta#4'),
  ...backup(false, 'backup.before-commit', 'repository.before-commit'),
  ...backup(true, 'repository.after-commit', 'repository.after-session-end', 'backup.after-commit'),
  ...backup(true, 'backup.before-snapshot-removal', 'backup.after-snapshot-removal'),
  ...hotadd('before-attach', 'after-attach', 'before-detach', 'after-detach'),
  ...vddk(false, 'before-hold', 'after-hold'),
  ...vddk(true, 'before-release', 'after-release'),
  { at: 'clean-up.before-removal', of: 'clean-up', finished: false },
  { at: 'clean-up.after-removal', of: 'clean-up', finished: false },
  ...restore(false, 'restore.before-vm', 'restore.after-vm', 'restore.after-disk', 'restore.after-disk#2'),
  ...restore(false, 'restore.before-marker-off'),
  ...restore(true, 'restore.after-marker-off'),
  ...suspended(false, 'before-unregister', 'after-unregister', 'after-memory', 'after-register'),
  ...suspended(true, 'after-revert'),
  ...inPlace(false, 'in-place.before-mark', 'in-place.after-mark', 'in-place.after-disk', 'in-place.after-disk#2'),
  ...inPlace(false, 'in-place.before-mark-off'),
  ...inPlace(true, 'in-place.after-mark-off'),
  ...attach(false, 'before-vm', 'after-vm', 'after-disk', 'before-release', 'after-release'),
  ...attach(true, 'after-adopt'),
  ...toFiles,
]
