/** The buffers all sessions of a host share, and how many sessions there may be. */
export class BufferBudget {
  readonly #bytesMax: number
  readonly #sessionsMax: number
  #bytes = 0
  #sessions = 0
  /** Sessions of programs that nobody plays: they hold their places, and no more. */
  foreignSessions = 0

  constructor({ bytesMax, sessionsMax }: { readonly bytesMax: number; readonly sessionsMax: number }) {
    this.#bytesMax = bytesMax
    this.#sessionsMax = sessionsMax
  }

  /** Takes a share, or says no. Dispose it when the session ends. */
  take(bytes: number): Disposable | undefined {
    if (this.#sessions + this.foreignSessions >= this.#sessionsMax || this.#bytes + bytes > this.#bytesMax)
      return undefined
    this.#sessions++
    this.#bytes += bytes
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        this.#sessions--
        this.#bytes -= bytes
      },
    }
  }
}
