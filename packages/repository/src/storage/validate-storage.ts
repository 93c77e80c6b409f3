import { AppError, type Clock, collect, messageOf, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import { sameBytes, toHex } from '../formats/hex.ts'
import type { Storage } from './storage.ts'

/** Where probes lie, `probe/<ms since 1970>-<random>-…`, all in one folder, which stays. Nothing else does: what is old there was left by a validation that was broken off. */
export const probePrefix = 'probe/'

/** What a storage must keep for a repository to be safe in it; some only where it offers it. */
export type StoragePromise =
  /** A second put of a name is refused: else two writers both believe they committed. */
  | 'creates-once'
  /** Of several puts at the same time exactly one creates, and its bytes are what is there. */
  | 'creates-once-at-once'
  | 'reads-what-was-written'
  | 'reads-ranges'
  | 'lists-what-was-written'
  | 'removes'
  | 'lists-no-more-what-was-removed'
  /** Bytes damaged on the way are not stored. */
  | 'refuses-damage'
  /** What is put with a lock is locked, and says until when. This and all below are tried by {@link validateLock}. */
  | 'locks'
  /** A lock does not get shorter. */
  | 'keeps-locks'
  /** What is locked keeps its bytes, whatever is put in its place. */
  | 'keeps-what-is-locked'
  | 'refuses-to-delete-what-is-locked'
  /** Even a right to lift locks, if somebody has it, is not ours. */
  | 'locks-for-everybody'

export interface StorageCheck {
  readonly promise: StoragePromise
  /** `not-offered`: this kind of storage has no such thing. */
  readonly outcome: 'passed' | 'failed' | 'not-offered'
  /** What was expected and what came, where it failed. */
  readonly reason?: string
}

/** What a try of a storage found, as it is kept with the repository. */
export interface StorageValidation {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly writer: string
  readonly checks: readonly StorageCheck[]
}

export interface ValidateOptions {
  readonly clock?: Clock
  readonly random?: Random
  readonly signal?: AbortSignal | undefined
}

const probeBytes = 10_000
const leftMs = 24 * 3600_000
const racers = 8

/** A broken promise, told apart from a storage that does not answer. */
class Broken extends Error {}

/**
 * Tries what a repository relies on, for real, below `probe/`, and cleans up. Takes some 40 small calls.
 *
 * A storage that fails any check must not be collected from, and nothing should be committed to it.
 *
 * @throws `storage.*` if the storage cannot be asked at all: that says nothing about its promises
 */
export async function validateStorage(
  storage: Storage,
  { clock = systemClock, random = systemRandom, signal }: ValidateOptions = {},
): Promise<StorageCheck[]> {
  const startMs = Math.round(clock.nowMs())
  const probe = new Probe(storage, `${probePrefix}${startMs}-${toHex(random.bytes(8))}-`, random, signal)
  const checks: StorageCheck[] = []
  try {
    for (const [promise, check] of probe.checks()) checks.push(await outcomeOf(promise, check))
    return checks
  } finally {
    await probe.cleanUp(startMs - leftMs)
  }
}

/** The checks that failed, as a sentence each. */
export const brokenPromises = (checks: readonly StorageCheck[]): string[] =>
  checks.flatMap(({ promise, outcome, reason }) => (outcome === 'failed' ? [`${promise}: ${reason}`] : []))

async function outcomeOf(promise: StoragePromise, check: () => Promise<'not-offered' | void>): Promise<StorageCheck> {
  try {
    return { promise, outcome: (await check()) ?? 'passed' }
  } catch (error) {
    // A call that failed for a reason that passes, or for want of rights, is no verdict; any other is one.
    if (!(error instanceof Broken) && !(error instanceof AppError && isVerdict(error))) throw error
    return { promise, outcome: 'failed', reason: messageOf(error) }
  }
}

const isVerdict = ({ code }: AppError) =>
  ['storage.short-read', 'storage.too-large', 'storage.not-found'].includes(code)

/** One validation's probes, under names nobody used before. */
class Probe {
  readonly #storage: Storage
  readonly #start: string
  readonly #random: Random
  readonly #signal: AbortSignal | undefined

  constructor(storage: Storage, start: string, random: Random, signal: AbortSignal | undefined) {
    this.#storage = storage
    this.#start = start
    this.#random = random
    this.#signal = signal
  }

  checks(): (readonly [StoragePromise, () => Promise<'not-offered' | void>])[] {
    return [
      ['creates-once', () => this.#createsOnce()],
      ['creates-once-at-once', () => this.#createsOnceAtOnce()],
      ['reads-what-was-written', () => this.#readsBack()],
      ['reads-ranges', () => this.#readsRanges()],
      ['lists-what-was-written', () => this.#lists()],
      ['removes', () => this.#removes()],
      ['lists-no-more-what-was-removed', () => this.#listsRemoval()],
      ['refuses-damage', () => this.#refusesDamage()],
    ]
  }

  /** Removes the probes, and those left from before `leftBeforeMs`; another validation may be at work. A failure here is no verdict and hides none. */
  async cleanUp(leftBeforeMs: number): Promise<void> {
    try {
      for await (const { key } of this.#storage.list(probePrefix)) {
        const startMs = Number(/^(\d+)-/.exec(key.slice(probePrefix.length))?.[1])
        // What a lock still keeps goes another time.
        if (key.startsWith(this.#start) || startMs < leftBeforeMs) await this.#storage.delete(key).catch(() => {})
      }
    } catch {}
  }

  async #createsOnce(): Promise<void> {
    const [first, second] = [this.#bytes(), this.#bytes()]
    expect(await this.#put('once', first), 'created', 'the first put of a name')
    expect(await this.#put('once', second), 'exists', 'the second put of the same name')
    await this.#expectContent('once', first, 'after a second put')
  }

  async #createsOnceAtOnce(): Promise<void> {
    const contents = Array.from({ length: racers }, () => this.#bytes())
    const outcomes = await Promise.all(contents.map((bytes) => this.#put('race', bytes)))
    const created = outcomes.filter((outcome) => outcome === 'created').length
    if (created !== 1) throw new Broken(`of ${racers} puts of one name at the same time ${created} created it`)
    await this.#expectContent('race', contents[outcomes.indexOf('created')]!, 'where the winner of several puts wrote')
  }

  async #readsBack(): Promise<void> {
    const bytes = this.#bytes()
    // Asked for first: some caches remember that nothing was there.
    expect(await this.#storage.get(this.#key('read'), probeBytes, this.#signal), undefined, 'a get before the put')
    await this.#put('read', bytes)
    await this.#expectContent('read', bytes, 'right after its put')
    expect(await this.#storage.size(this.#key('read'), this.#signal), probeBytes, 'the size right after a put')
  }

  async #readsRanges(): Promise<void> {
    const bytes = this.#bytes()
    await this.#put('ranges', bytes)
    for (const [offsetBytes, lengthBytes] of [
      [0, 1],
      [4_321, 1_234],
      [probeBytes - 1, 1],
    ] as const) {
      const target = new Uint8Array(lengthBytes)
      await this.#storage.getRange(this.#key('ranges'), offsetBytes, target, this.#signal)
      if (!sameBytes(target, bytes.subarray(offsetBytes, offsetBytes + lengthBytes)))
        throw new Broken(`${lengthBytes} bytes from byte ${offsetBytes} are not those that were put there`)
    }
    for (const lengthBytes of [64, 2 * probeBytes]) {
      const suffix = await this.#storage.getSuffix(this.#key('ranges'), lengthBytes, this.#signal)
      expect(suffix?.sizeBytes, probeBytes, `the size told with the last ${lengthBytes} bytes`)
      if (!sameBytes(suffix!.bytes, bytes.subarray(-lengthBytes)))
        throw new Broken(`the last ${lengthBytes} bytes are not those that were put there`)
    }
  }

  async #lists(): Promise<void> {
    await this.#put('list-b', new Uint8Array(2))
    expect(await this.#listed(), 'b:2', 'a list right after a put')
    await this.#put('list-a', new Uint8Array(1))
    expect(await this.#listed(), 'a:1 b:2', 'a list right after another put')
  }

  async #removes(): Promise<void> {
    const [first, second] = [this.#bytes(), this.#bytes()]
    await this.#put('gone', first)
    await this.#storage.delete(this.#key('gone'), this.#signal)
    expect(await this.#storage.size(this.#key('gone'), this.#signal), undefined, 'the size of what was removed')
    await this.#storage.delete(this.#key('gone'), this.#signal)
    // No repository uses a name twice, and some servers with versions refuse to; but nobody may claim what is not so.
    if ((await this.#put('gone', second)) === 'exists')
      expect(
        await this.#storage.size(this.#key('gone'), this.#signal),
        undefined,
        'the size of what was removed and not put',
      )
    else await this.#expectContent('gone', second, 'where another object was removed')
  }

  async #listsRemoval(): Promise<void> {
    await this.#storage.delete(this.#key('list-b'), this.#signal)
    expect(await this.#listed(), 'a:1', 'a list right after a removal')
    const key = this.#key('list-a')
    if (this.#storage.deleteMany === undefined) await this.#storage.delete(key, this.#signal)
    else await this.#storage.deleteMany([key, this.#key('list-never-there')], this.#signal)
    expect(await this.#listed(), '', 'a list right after everything was removed')
  }

  async #refusesDamage(): Promise<'not-offered' | void> {
    if (this.#storage.refusesDamage === undefined) return 'not-offered'
    if (!(await this.#storage.refusesDamage(this.#key('damage'), this.#signal)))
      throw new Broken('an object whose bytes do not fit its checksum was accepted')
  }

  #put(name: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    return this.#storage.putNew(this.#key(name), bytes, this.#signal)
  }

  async #expectContent(name: string, bytes: Uint8Array, where: string): Promise<void> {
    const found = await this.#storage.get(this.#key(name), probeBytes, this.#signal)
    if (found === undefined) throw new Broken(`nothing is there ${where}`)
    if (!sameBytes(found, bytes)) throw new Broken(`other bytes are there ${where}`)
  }

  async #listed(): Promise<string> {
    const start = this.#key('list-')
    const found = await collect(this.#storage.list(probePrefix, this.#signal))
    const ours = found.filter(({ key }) => key.startsWith(start))
    return ours.map(({ key, sizeBytes }) => `${key.slice(start.length)}:${sizeBytes}`).join(' ')
  }

  #key(name: string): string {
    return this.#start + name
  }

  #bytes(): Uint8Array {
    return this.#random.bytes(probeBytes)
  }
}

function expect<T>(found: T, expected: T, what: string): void {
  if (found !== expected) throw new Broken(`${what} gave ${shown(found)}, not ${shown(expected)}`)
}

const shown = (value: unknown) =>
  value instanceof Uint8Array ? `${value.length} bytes` : value === undefined ? 'nothing' : JSON.stringify(value)
