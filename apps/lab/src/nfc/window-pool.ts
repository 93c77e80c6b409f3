import { Limiter } from '@vmkeep/kit'

const windowBytesMax = 1024 * 1024
const windowsMax = 3

/** A piece of a disk on its way to a client. Dispose it when it has left. */
export interface Window extends Disposable {
  readonly bytes: Buffer
}

/**
 * The memory one connection reads into: three windows, used again and again. A window holds whole fragments, up to 1 MiB of them.
 * Fresh memory for every window would cost more than reading: its pages must be mapped and zeroed.
 */
export class WindowPool {
  readonly windowBytes: number
  readonly #limiter = new Limiter(windowsMax)
  readonly #idle: Buffer[] = []

  constructor(fragmentBytesMax: number) {
    this.windowBytes = Math.max(1, Math.floor(windowBytesMax / fragmentBytesMax)) * fragmentBytesMax
  }

  async take(signal: AbortSignal): Promise<Window> {
    const place = await this.#limiter.acquire(signal)
    const bytes = this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.windowBytes)
    return {
      bytes,
      [Symbol.dispose]: () => {
        this.#idle.push(bytes)
        place[Symbol.dispose]()
      },
    }
  }
}
