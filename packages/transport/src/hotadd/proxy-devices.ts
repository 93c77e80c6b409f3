/**
 * The disks of the machine we run on, as its kernel sees them, and what tells which VM it is.
 *
 * Contract (`proxy-devices.test.ts` tries it on made-up trees; `tests/journeys/hotadd.test.ts` on the lab's machine, where devices come and go):
 * - `list` tells what is there now; two devices of one list never share a path. A device that just comes or goes may be missing.
 * - A device that was taken off and attached again may have the path of another one before: a path means something only until the next `forget`.
 * - `rescan` and `forget` change nothing but what the kernel knows. Neither touches a byte of a disk.
 */
export interface ProxyDevices {
  /** Its SMBIOS uuid, in both byte orders that firmware writes; why not, if it tells none. */
  machineUuids(): Promise<readonly string[] | { readonly whyNot: string }>
  /** The SCSI disks there are. */
  list(): Promise<readonly ProxyDevice[]>
  /** Asks every SCSI host to look for new disks. One that refuses is passed over: most find them by themselves. */
  rescan(): Promise<void>
  /** Makes the kernel let go of a device before it is taken off, so that it does not complain of a disk that vanished. */
  forget(device: ProxyDevice): Promise<void>
}

export interface ProxyDevice {
  /** `/dev/sdb`: what is opened. */
  readonly path: string
  /** `2:0:4:0`: SCSI host, channel, target, unit of the target. */
  readonly address: string
  readonly target: number
  readonly capacityBytes: number
  /** `6000c29…`, 32 digits: the disk's uuid in vSphere. A VM tells it only with `disk.EnableUUID`. */
  readonly uuid?: string | undefined
}
