import { AppError, messageOf } from '@vmkeep/kit'
import { VimFault } from './vim-fault.ts'

type Details = Readonly<Record<string, unknown>>

/** What vCenter answers to each of the errors of the bytes below. */
const faults: Readonly<Record<string, (details: Details, message: string) => VimFault>> = {
  'lab.bad-path': ({ path }) => new VimFault('InvalidDatastorePath', { datastorePath: path }),
  'lab.no-such-datastore': ({ datastore }) => new VimFault('InvalidDatastore', { name: datastore }),
  'lab.file-not-found': ({ path }) => new VimFault('FileNotFound', { file: path }),
  'lab.file-exists': ({ path }) => new VimFault('FileAlreadyExists', { file: path }),
  'lab.file-locked': ({ path }) => new VimFault('FileLocked', { file: path }),
  'lab.is-folder': ({ path }) => new VimFault('CannotAccessFile', { file: path }),
  'lab.not-a-disk': ({ path }) => new VimFault('CannotAccessFile', { file: path }),
  'lab.no-space': ({ datastore }) => new VimFault('NoDiskSpace', { file: '', datastore }),
  'lab.bad-capacity': (_, message) => new VimFault('InvalidArgument', { invalidProperty: 'capacity' }, message),
  'lab.disk-has-children': () => new VimFault('InvalidArgument', { invalidProperty: 'spec.deviceChange.device' }),
  'lab.no-such-disk': () =>
    new VimFault('InvalidDeviceSpec', { property: 'virtualDeviceSpec.device.key', deviceIndex: 0 }),
  'lab.disk-key-taken': () =>
    new VimFault('InvalidDeviceSpec', { property: 'virtualDeviceSpec.device.key', deviceIndex: 0 }),
  'lab.no-such-snapshot': () => new VimFault('NotFound'),
  'lab.bad-checkpoint': () => new VimFault('InvalidSnapshotFormat'),
  'lab.memory-cut-short': ({ path }) => new VimFault('FileFault', { file: path }),
  'lab.memory-mismatch': (_, message) => new VimFault('GenericVmConfigFault', { reason: message }, message),
  'lab.by-rule': ({ on }, message) =>
    on === 'snapshot.create'
      ? new VimFault(
          'GenericVmConfigFault',
          { reason: message },
          `An error occurred while saving the snapshot: ${message}`,
        )
      : new VimFault('SystemError', { reason: message }),
}

/**
 * The fault that tells an error in vSphere's words. One the lab has no words for is a mistake of the lab: `report` hears of it,
 * and the client gets `SystemError`, as from a server that has one too.
 */
export function faultOf(error: unknown, { report }: { readonly report: (error: unknown) => void }): VimFault {
  if (error instanceof VimFault) return error
  const known = error instanceof AppError ? faults[error.code]?.(error.details, error.message) : undefined
  if (known !== undefined) return known
  report(error)
  return new VimFault('SystemError', { reason: messageOf(error) })
}
