import { formatDatastorePath } from '../files/datastore-path.ts'
import { encodeName } from '../inventory/names.ts'
import type { ConfigSpec } from './create-options.ts'
import { markerKey } from './extra-config.ts'

export interface HelperOptions {
  readonly name: string
  readonly datastoreName: string
  readonly marker: string
  /** Of the VM that gets the disk: what it can hold, the helper can. */
  readonly hardwareVersion?: string | undefined
  readonly purpose: string
}

/** A VM that never runs: one controller on which a disk of ours is filled, marked as ours as any VM that we make. */
export function helperSpec({ name, datastoreName, marker, hardwareVersion, purpose }: HelperOptions): ConfigSpec {
  return {
    name: encodeName(name),
    guestId: 'otherGuest64',
    numCPUs: 1,
    memoryMB: 128,
    annotation: purpose,
    ...(hardwareVersion === undefined ? {} : { version: hardwareVersion }),
    files: { vmPathName: formatDatastorePath({ datastore: datastoreName, path: '' }) },
    deviceChange: [
      {
        $type: 'VirtualDeviceConfigSpec',
        operation: 'add',
        device: { $type: 'ParaVirtualSCSIController', key: -1000, busNumber: 0, sharedBus: 'noSharing' },
      },
    ],
    extraConfig: [{ $type: 'OptionValue', key: markerKey, value: marker }],
  }
}
