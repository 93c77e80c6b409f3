import assert from 'node:assert/strict'
import { type Clock, systemClock } from '@vmkeep/kit'
import { defaultBuffers } from '../messages/index.ts'
import type { Compression } from './outgoing-fragments.ts'

export interface NfcTimeouts {
  /** For the TCP connection. */
  readonly connectMs: number
  /** For each step from there to the open file. */
  readonly openMs: number
  /** How long the host may owe an answer without any part of one coming. */
  readonly requestMs: number
  /** For closing in order. */
  readonly closeMs: number
}

/** How to open a file, all but the ticket. */
export interface NfcFileOptions {
  /** As in the disk's backing: `[datastore1] vm/vm-000003.vmdk`. */
  readonly path: string
  /** `write` needs a read-write ticket; it can read too. */
  readonly access: 'read' | 'write'
  /** `nbdssl` by default. `nbd` sends the disk's bytes in clear. */
  readonly transport?: 'nbdssl' | 'nbd' | undefined
  /** What to ask of the host and to send, `none` by default. */
  readonly compression?: Compression | undefined
  /** Of one fragment, 64 KiB by default. All connections of a host share its NFC memory (48 MB through vCenter). */
  readonly bufferBytes?: number | undefined
  readonly bufferCount?: number | undefined
  /** Requests on their way at once, 4 by default. */
  readonly requestsInFlightMax?: number | undefined
  /** Of one request, 2 MiB by default, which is also the most that works through vCenter. */
  readonly requestBytesMax?: number | undefined
  readonly timeouts?: Partial<NfcTimeouts> | undefined
  readonly clock?: Clock | undefined
}

export interface NfcSettings {
  readonly path: string
  readonly access: 'read' | 'write'
  readonly transport: 'nbdssl' | 'nbd'
  readonly compression: Compression
  readonly bufferBytes: number
  readonly bufferCount: number
  readonly requestsInFlightMax: number
  readonly requestBytesMax: number
  readonly timeouts: NfcTimeouts
  readonly clock: Clock
}

const mebibyte = 1024 * 1024

/** VMware recommends a minute for reads and ten for writes. Source: VDDK programming guide, NBD best practices. Evidence: documented. */
const requestMs = { read: 60_000, write: 600_000 } as const
/** A reader has nothing to lose by leaving at once. */
const closeMs = { read: 10_000, write: 600_000 } as const

export function settingsOf(options: NfcFileOptions): NfcSettings {
  const { path, access, timeouts } = options
  const settings: NfcSettings = {
    path,
    access,
    transport: options.transport ?? 'nbdssl',
    compression: options.compression ?? 'none',
    bufferBytes: options.bufferBytes ?? defaultBuffers.bufferBytes,
    bufferCount: options.bufferCount ?? defaultBuffers.bufferCount,
    requestsInFlightMax: options.requestsInFlightMax ?? 4,
    requestBytesMax: options.requestBytesMax ?? 2 * mebibyte,
    timeouts: {
      connectMs: 15_000,
      openMs: 30_000,
      requestMs: requestMs[access],
      closeMs: closeMs[access],
      ...timeouts,
    },
    clock: options.clock ?? systemClock,
  }
  // Fragments and requests must begin and end on sectors, of which the largest known has 4096 bytes.
  assert(settings.bufferBytes > 0 && settings.bufferBytes % 4096 === 0)
  assert(settings.requestBytesMax > 0 && settings.requestBytesMax % 4096 === 0)
  return settings
}
