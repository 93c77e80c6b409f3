/** Which command passes a crash point, and what is there when it dies there. */
export interface CrashPoint {
  /** As `VMKEEP_CRASH_AT` takes it: a name, or `name#3` for its third passing. */
  readonly at: string
  readonly of: 'backup' | 'clean-up' | 'restore-to-vsphere'
  /** Backup: a new restore point is committed. Restore: the new VM is the admin's. */
  readonly finished: boolean
}

const backup = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((at) => ({ at, of: 'backup', finished }))
const restore = (finished: boolean, ...names: string[]): CrashPoint[] =>
  names.map((at) => ({ at, of: 'restore-to-vsphere', finished }))

/** Every crash point of the sources, in the order in which they are passed. A test holds it to the sources and the documents. */
export const crashPoints: readonly CrashPoint[] = [
  ...backup(false, 'repository.after-session-start', 'backup.session-started'),
  ...backup(false, 'backup.before-snapshot', 'backup.after-snapshot'),
  ...backup(false, 'repository.after-pack', 'repository.after-pack#2', 'repository.after-pack#4'),
  ...backup(false, 'repository.after-delta', 'repository.after-delta#2', 'repository.after-delta#4'),
  ...backup(false, 'backup.before-commit', 'repository.before-commit'),
  ...backup(true, 'repository.after-commit', 'repository.after-session-end', 'backup.after-commit'),
  ...backup(true, 'backup.before-snapshot-removal', 'backup.after-snapshot-removal'),
  { at: 'clean-up.before-removal', of: 'clean-up', finished: false },
  { at: 'clean-up.after-removal', of: 'clean-up', finished: false },
  ...restore(false, 'restore.before-vm', 'restore.after-vm', 'restore.after-disk', 'restore.after-disk#2'),
  ...restore(false, 'restore.before-marker-off'),
  ...restore(true, 'restore.after-marker-off'),
]
