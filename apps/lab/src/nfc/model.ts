// What the NFC server of a host offers to the managed objects above it.
import type { Clock, Log, Random } from '@vmkeep/kit'
import type { Certificate } from '../certificates/certificate.ts'
import type { Faults, LabStorage, VmStorage } from '../storage/model.ts'

/** What `startNfcServer(options): Promise<NfcServer>` takes. */
export interface NfcServerOptions {
  readonly storage: LabStorage
  readonly certificate: Certificate
  /** The order of fragments, ids of tickets. */
  readonly random: Random
  readonly clock: Clock
  readonly faults?: Faults
  /** Told of every client that breaks the protocol. */
  readonly log?: Log
  /** 127.0.0.1 and any free port, if left out. */
  readonly address?: string
  readonly port?: number
  readonly limits?: Partial<NfcLimits>
  /** Told of every new connection, with how many there are now. */
  readonly onConnection?: ((connections: number) => void) | undefined
}

/** Source: nfc-wire.md §5. Evidence: observed (8.0), documented (52 connections, 48 MB in 6.x/7.0). */
export interface NfcLimits {
  /** 52. One more gets `NFC error 5`. */
  readonly connectionsMax: number
  /** 48 MiB of session buffers for the whole host. */
  readonly buffersBytesMax: number
  /** 2 MiB for one buffer of a session. */
  readonly sessionBufferBytesMax: number
  /** One read request; more gets `NFC error 5`. No limit by default: none was observed, but peers saw 2 MB through vCenter. */
  readonly requestBytesMax: number
  /**
   * 10 minutes, the longest time-out of the vendor's own client. A connection on which nothing moves for so long is ended and its
   * disks are released, also when its client does not read what it asked for. `Infinity`: never.
   * Source: Broadcom KB 337829 (disks that are open and idle lose their connection). Evidence: documented; after how long: inferred.
   */
  readonly idleMs: number
}

/** One host's NFC service. Disposing it drops every connection. */
export interface NfcServer extends AsyncDisposable {
  readonly address: string
  readonly port: number
  readonly connections: number
  /** Over all connections there ever were, everything on the wire included. */
  readonly bytesReceived: number
  readonly bytesSent: number
  /** A ticket for one connection, good until it is used or `expiresInMs` (two minutes) have passed. */
  issueTicket(request: NfcTicketRequest): NfcTicket
  /** How many connections other programs hold from now on. They are not counted among `connections`. */
  occupy(connections: number): void
  /** Cuts every connection, as a host that fails. */
  disconnectAll(): void
}

export interface NfcTicketRequest {
  readonly access: 'read' | 'write'
  /** `vpxa-nfc` through vCenter, `nfc` from the host itself. */
  readonly service: 'vpxa-nfc' | 'nfc'
  /** All disks of the VM, or one. Without `vm`: any path of the datastores. */
  readonly vm?: VmStorage
  readonly diskKey?: number
  readonly expiresInMs?: number
}

/** The fields of `HostServiceTicket`, without `host`, which the caller knows. */
export interface NfcTicket {
  readonly port: number
  /** SHA-1 of the certificate, upper case, colons. */
  readonly sslThumbprint: string
  readonly service: string
  readonly serviceVersion: string
  readonly sessionId: string
}

/**
 * What a rule can do to NFC. Names of `on`, with the `object` they are asked about:
 * - `nfc.connect` (''), `nfc.banner` (''), `nfc.session` (''), `nfc.proxy` (service), `nfc.handshake` ('')
 * - `nfc.open-session` (''), `nfc.open-file`, `nfc.io` (every request), `nfc.fragment` (every answer to a read), `nfc.allocated`,
 *   `nfc.ddb`, `nfc.close-file` (path)
 */
export type NfcAction =
  | { readonly do: 'disconnect' }
  | { readonly do: 'delay'; readonly ms: number }
  /** Answers ERROR with this code. In authd: 530. */
  | { readonly do: 'error'; readonly code: number }
  /** Sends half of the frame and nothing more, then cuts. */
  | { readonly do: 'truncate' }
  /** Sends bytes that are no frame. */
  | { readonly do: 'garbage' }
  /** Never answers again; keeps the connection, until it has been idle for too long. */
  | { readonly do: 'stall' }
  /** The ticket is dead on arrival. On `nfc.session`. */
  | { readonly do: 'dead-ticket' }
