/**
 * File systems whose clients show a folder as it was some time ago. Source: Linux statfs(2), and linux/magic.h. Evidence: documented.
 */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB 2',
  0x01021997: '9P',
  0x5346414f: 'AFS',
  0x65735546: 'FUSE', // sshfs, GlusterFS and others; what is local there only waits for nothing
}

/**
 * Twice the longest time an NFS client believes what it knows of a folder, 60 s unless the mount says otherwise, and some more.
 * Source: Linux nfs(5), acdirmax. Evidence: documented.
 */
const settleMs = 5 * 60_000

/** How long a file system of a `type`, as statfs tells it, takes until everybody sees the same. */
export const fileSystemSettleMs = (type: number): number =>
  networkFileSystems[type >>> 0] === undefined ? 0 : settleMs
