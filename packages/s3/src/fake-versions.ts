/** An object of the fake, at one time. */
export interface FakeObject {
  readonly bytes: Buffer
  readonly metadata: Readonly<Record<string, string>>
  readonly modifiedAt: string
  readonly version?: string
  retention?: FakeRetention
}

export interface FakeRetention {
  readonly mode: string
  readonly until: string
}

/** One entry of a key's history, newest first; a delete marker has no object. */
export interface FakeVersion {
  readonly id: string
  readonly modifiedAt: string
  readonly object: FakeObject | undefined
}

/** The objects of a bucket that keeps versions, beside what is there now; tells what a lock refuses. */
export class FakeVersions {
  readonly history = new Map<string, FakeVersion[]>()
  readonly #nowMs: () => number
  #last = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  nextId(): string {
    return `v${String(++this.#last).padStart(6, '0')}`
  }

  add(key: string, version: FakeVersion): void {
    this.history.set(key, [version, ...(this.history.get(key) ?? [])])
  }

  find(key: string, id: string): FakeObject | undefined {
    return this.history.get(key)?.find((version) => version.id === id)?.object
  }

  /** Removes a version for good, and says what is then there. `refused`: its lock. */
  remove(key: string, id: string, bypass: boolean): FakeObject | undefined | 'refused' {
    const object = this.find(key, id)
    if (object !== undefined && this.isLocked(object, bypass)) return 'refused'
    const rest = (this.history.get(key) ?? []).filter((version) => version.id !== id)
    this.history.set(key, rest)
    return rest[0]?.object
  }

  isLocked({ retention }: FakeObject, bypass = false): boolean {
    if (retention === undefined || Date.parse(retention.until) <= this.#nowMs()) return false
    return retention.mode === 'COMPLIANCE' || !bypass
  }

  /** Whether a new lock is no weaker than the one an object has. */
  mayRetain(object: FakeObject, next: FakeRetention): boolean {
    if (!this.isLocked(object)) return true
    const { mode, until } = object.retention!
    return Date.parse(next.until) >= Date.parse(until) && (mode === 'GOVERNANCE' || next.mode === mode)
  }
}
