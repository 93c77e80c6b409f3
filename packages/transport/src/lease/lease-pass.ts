import { createHash, type Hash } from 'node:crypto'
import { type PassingGrain, PassingStream } from '@vmkeep/vmdk'
import type { LeaseFile, LeaseManifest, NfcLease, Transfer } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { DiskPlace } from '../transport.ts'
import type { Pass } from './passing-disk.ts'

/** A disk on its way out of a lease: parsed as it comes, summed up, and compared at its end with what vSphere says it sent. */
export class LeasePass implements Pass {
  /** The VMDK's own metadata: `ddb.` keys without the prefix. */
  readonly metadata: Readonly<Record<string, string>>
  /** Called when all of it has come and is what vSphere says it sent. */
  onProven = (): void => {}
  readonly #lease: NfcLease
  readonly #file: LeaseFile
  readonly #disk: DiskPlace
  readonly #transfer: Transfer
  readonly #sums: Sums
  readonly #stream: PassingStream
  readonly #signal: AbortSignal
  readonly #grains: AsyncGenerator<PassingGrain, void>

  /** @throws `transport.lease-another-disk`; `vmdk.*`, `vsphere.*` */
  static async open(lease: NfcLease, file: LeaseFile, disk: DiskPlace, signal: AbortSignal): Promise<LeasePass> {
    const transfer = await lease.get(file, signal)
    const sums = new Sums()
    try {
      const stream = await PassingStream.open(sums.over(transfer.body), file.key)
      const pass = new LeasePass({ lease, file, disk, transfer, sums, stream, signal })
      const fact = differenceOf(stream, pass.metadata, disk)
      if (fact !== undefined) throw fail('transport.lease-another-disk', { disk: disk.path, fact })
      return pass
    } catch (error) {
      transfer[Symbol.dispose]()
      throw error
    }
  }

  private constructor(parts: {
    readonly lease: NfcLease
    readonly file: LeaseFile
    readonly disk: DiskPlace
    readonly transfer: Transfer
    readonly sums: Sums
    readonly stream: PassingStream
    readonly signal: AbortSignal
  }) {
    this.#lease = parts.lease
    this.#file = parts.file
    this.#disk = parts.disk
    this.#transfer = parts.transfer
    this.#sums = parts.sums
    this.#stream = parts.stream
    this.#signal = parts.signal
    this.#grains = parts.stream.grains()
    const ddb = Object.entries(parts.stream.descriptor?.ddb ?? {})
    this.metadata = Object.fromEntries(ddb.map(([key, value]) => [key.replace(/^ddb\./, ''), value]))
  }

  async next(): Promise<PassingGrain | undefined> {
    const next = await this.#grains.next()
    if (next.done !== true) return next.value
    await this.#prove()
    this.onProven()
    return undefined
  }

  /** @throws `transport.lease-altered`, `.lease-unproven` */
  async #prove(): Promise<void> {
    const { path: disk } = this.#disk
    const manifest = await this.#lease.manifest(this.#signal)
    const entry = manifest.find(({ key }) => key === this.#file.key)
    if (entry === undefined)
      throw fail('transport.lease-unproven', {
        disk,
        fact: `the manifest of the lease does not name ${this.#file.key}`,
      })
    const { sizeBytes } = this.#sums
    if (Number(entry.size) !== sizeBytes)
      throw fail('transport.lease-altered', { disk, fact: `${sizeBytes} bytes instead of ${entry.size}` })
    const { kind, expected } = checksumOf(entry)
    const found = this.#sums.digest(kind)
    if (found === undefined || expected === '')
      throw fail('transport.lease-unproven', { disk, fact: `its checksum is of the kind ${kind}` })
    if (found !== expected)
      throw fail('transport.lease-altered', { disk, fact: `its ${kind} is ${found} instead of ${expected}` })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#transfer[Symbol.dispose]() // first: what waits for more bytes would wait on
    await this.#grains.return().catch(() => {})
    await this.#stream[Symbol.asyncDispose]().catch(() => {})
  }
}

function differenceOf(
  { capacityBytes }: PassingStream,
  metadata: Readonly<Record<string, string>>,
  disk: DiskPlace,
): string | undefined {
  if (capacityBytes !== disk.capacityBytes) return `it has ${capacityBytes} bytes, not ${disk.capacityBytes}`
  const [found, wanted] = [metadata['uuid'], disk.uuid].map((uuid) => uuid?.replace(/[^0-9a-f]/gi, '').toLowerCase())
  return found !== undefined && wanted !== undefined && found !== wanted
    ? `its uuid is ${metadata['uuid']}, not ${disk.uuid}`
    : undefined
}

/** `sha1` is deprecated since API 6.7, and the only one before. Source: HttpNfcLeaseManifestEntry. Evidence: documented. */
function checksumOf({ checksum, checksumType, sha1 }: LeaseManifest[number]): {
  readonly kind: string
  readonly expected: string
} {
  if (checksum === undefined || checksum === '') return { kind: 'sha1', expected: sha1.toLowerCase() }
  return { kind: (checksumType ?? 'sha1').toLowerCase().replace('-', ''), expected: checksum.toLowerCase() }
}

/** Checksums of what passes. Which one vSphere takes is known only afterwards. */
class Sums {
  readonly #hashes: Readonly<Record<string, Hash>> = { sha1: createHash('sha1'), sha256: createHash('sha256') }
  sizeBytes = 0

  async *over(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.sizeBytes += piece.length
      for (const hash of Object.values(this.#hashes)) hash.update(piece)
      yield piece
    }
  }

  digest(kind: string): string | undefined {
    return Object.hasOwn(this.#hashes, kind) ? this.#hashes[kind]!.copy().digest('hex') : undefined
  }
}
