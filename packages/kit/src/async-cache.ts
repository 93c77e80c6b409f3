/** The last `entriesMax` values asked for. Askers who come while a value loads share the load; a failed load is forgotten. */
export class AsyncCache<Key, Value> {
  readonly #entriesMax: number
  readonly #entries = new Map<Key, Promise<Value>>() // in order of last use, the oldest first

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get(key: Key, load: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(key)
    this.#entries.delete(key)
    const entry = known ?? load()
    this.#entries.set(key, entry)
    if (known !== undefined) return known
    entry.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    if (this.#entries.size > this.#entriesMax) this.#entries.delete(this.#entries.keys().next().value as Key)
    return entry
  }
}
