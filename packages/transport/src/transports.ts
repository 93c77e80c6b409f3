import { openFileDisk, whyNotFile } from './file/open-file-disk.ts'
import { openHotaddDisk } from './hotadd/open-hotadd-disk.ts'
import { whyNotHotadd } from './hotadd/why-not-hotadd.ts'
import { openLeaseDisk, whyNotLease } from './lease/open-lease-disk.ts'
import { openNfcDisk } from './nfc/open-nfc-disk.ts'
import { openSanDisk } from './san/open-san-disk.ts'
import { whyNotSan } from './san/why-not-san.ts'
import type { TransportName } from './settings.ts'
import type { Transport } from './transport.ts'
import { openVddkDisk, whyNotVddk } from './vddk/open-vddk-disk.ts'

export const transports: Readonly<Record<TransportName, Transport>> = {
  file: {
    why: 'its datastore is mounted on this machine',
    whyNot: whyNotFile,
    open: openFileDisk,
  },
  hotadd: {
    why: 'this machine is a VM that its datastore is visible to: the disk is attached and read here',
    whyNot: whyNotHotadd,
    open: openHotaddDisk,
  },
  nbdssl: {
    why: 'encrypted, needs nothing but port 902 of the host',
    whyNot: () => undefined,
    open: (request) => openNfcDisk(request, 'nbdssl', 'read'),
    openForWriting: (request) => openNfcDisk(request, 'nbdssl', 'write'),
    openInPlace: (request) => openNfcDisk(request, 'nbdssl', 'write'),
  },
  nbd: {
    why: 'asked for: not encrypted on the wire',
    whyNot: () => undefined,
    open: (request) => openNfcDisk(request, 'nbd', 'read'),
    openForWriting: (request) => openNfcDisk(request, 'nbd', 'write'),
    openInPlace: (request) => openNfcDisk(request, 'nbd', 'write'),
  },
  lease: {
    why: 'public API only, port 443 of the host; sends the whole disk',
    whyNot: whyNotLease,
    open: openLeaseDisk, // what it writes is a whole VM: see packages/restore
  },
  vddk: {
    why: "VMware's own library is installed here",
    whyNot: whyNotVddk,
    open: (request) => openVddkDisk(request, 'read'),
    openForWriting: (request) => openVddkDisk(request, 'write'),
  },
  san: {
    why: "read from its datastore's LUN, which this machine sees",
    whyNot: whyNotSan,
    open: openSanDisk,
  },
}
