import type { ErrorData } from '@vmkeep/kit'

// What we ask the process of the library for. It holds connections and disks and names them by number.
// Secrets travel here, over a socket between two processes of ours, and nowhere else: no argument, no environment, no file.

export interface Login {
  readonly server: string
  readonly port: number
  readonly nfcHostPort: number
  /** SHA-1 of the certificate the server has shown us, `AB:CD:…`. */
  readonly thumbprint: string
  readonly username: string
  /** Of the session we have: the library makes none of its own. */
  readonly cookie: string
  /** Left out for what concerns no VM. */
  readonly vm?: string
}

/** Each request: what it takes, and what it comes to. Bytes travel beside both. */
export interface Requests {
  init: {
    takes: { file: string; rootFolder: string; majorVersion: number; configFile?: string; sharedBytes: number }
    /** `shared`: where it cannot be had, all bytes go over the socket. */
    gives: { transports: string; shared?: SharedPlace }
  }
  exit: { takes: object; gives: object }
  connect: {
    takes: { login: Login; readOnly: boolean; snapshot?: string; transports: string }
    gives: { connection: number }
  }
  disconnect: { takes: { connection: number }; gives: object }
  open: { takes: { connection: number; path: string; readOnly: boolean }; gives: OpenedDisk }
  /** Gives the bytes; or puts them into the shared memory, from `at` on. */
  read: { takes: { disk: number; startSector: number; sectors: number; at?: number }; gives: object }
  /** Takes the bytes. */
  write: { takes: { disk: number; startSector: number }; gives: object }
  flush: { takes: { disk: number }; gives: object }
  /** Gives pairs of 64 bits: sector and number of sectors. */
  allocated: { takes: { disk: number; startSector: number; sectors: number; chunkSectors: number }; gives: object }
  metadata: { takes: { disk: number }; gives: { values: Record<string, string> } }
  setMetadata: { takes: { disk: number; key: string; value: string }; gives: object }
  close: { takes: { disk: number }; gives: object }
  prepareForAccess: { takes: { login: Login; identity: string }; gives: object }
  endAccess: { takes: { login: Login; identity: string }; gives: object }
  cleanUp: { takes: { login: Login }; gives: { cleaned: number; remaining: number } }
  guest: {
    takes: { file: string; rootFolder: string; connection: number; path: string }
    gives: GuestInfo
  }
}

/** Memory of the process: a descriptor of it. */
export interface SharedPlace {
  readonly descriptor: number
  readonly sizeBytes: number
}

export type RequestName = keyof Requests

export interface OpenedDisk {
  readonly disk: number
  readonly capacitySectors: number
  readonly sectorSizeBytes: number
  /** What the library has chosen: `nbdssl`, `san`… */
  readonly transport: string
}

/** What libvixMntapi makes of a disk. */
export interface GuestInfo {
  readonly os?: {
    /** `windows`, `linux`, …, or `other`. */
    readonly family: string
    readonly version: string
    readonly is64Bit: boolean
    readonly vendor: string
    readonly edition: string
  }
  readonly volumes: readonly { readonly kind: string; readonly mountPoints: readonly string[] }[]
}

export interface Question {
  readonly id: number
  readonly name: RequestName
  readonly takes: object
}

export type Answer =
  | { readonly id: number; readonly gives: object }
  /** The library said no: its number, its text. */
  | { readonly id: number; readonly refused: { readonly vix: number; readonly text: string } }
  | { readonly id: number; readonly failed: ErrorData }

/** Sectors of the library, whatever the disk's own are. Source: VIXDISKLIB_SECTOR_SIZE. Evidence: documented. */
export const vixSectorBytes = 512
