const sweepAtLeast = 4096

/** Objects that stand for numbers: one per number for as long as anybody holds it, and none for the millions that nobody holds. */
export class WeakHandles<Handle extends WeakKey> {
  readonly #make: (number: number) => Handle
  readonly #known = new Map<number, WeakRef<Handle>>()
  #sweepAt = sweepAtLeast

  constructor(make: (number: number) => Handle) {
    this.#make = make
  }

  at(number: number): Handle {
    const known = this.#known.get(number)?.deref()
    if (known !== undefined) return known
    if (this.#known.size >= this.#sweepAt) this.#sweep()
    const made = this.#make(number)
    this.#known.set(number, new WeakRef(made))
    return made
  }

  /** Costs as much as was made since the last time. */
  #sweep(): void {
    for (const [number, handle] of this.#known) if (handle.deref() === undefined) this.#known.delete(number)
    this.#sweepAt = Math.max(sweepAtLeast, 2 * this.#known.size)
  }
}
