import { VddkProcess, type VddkProcessOptions } from './vddk-process.ts'

interface Shared {
  readonly process: Promise<VddkProcess>
  holders: number
}

export interface VddkLease extends AsyncDisposable {
  readonly process: VddkProcess
}

/** One process per key, an ESXi host: started for the first who needs it, ended with the last. One that went down is replaced. */
export class VddkPool {
  readonly #shared = new Map<string, Shared>()

  async acquire(key: string, options: VddkProcessOptions): Promise<VddkLease> {
    const shared = await this.#held(key, options)
    try {
      const process = await shared.process
      let held = true
      const release = async () => {
        if (!held) return
        held = false
        await this.#release(key, shared)
      }
      return { process, [Symbol.asyncDispose]: release }
    } catch (error) {
      await this.#release(key, shared)
      throw error
    }
  }

  async #held(key: string, options: VddkProcessOptions): Promise<Shared> {
    const known = this.#shared.get(key)
    const isAlive = await known?.process.then(
      (process) => process.isAlive,
      () => false,
    )
    const now = this.#shared.get(key)
    if (now !== undefined && (now !== known || isAlive === true)) {
      now.holders++ // in the same step: its last holder may be about to let it go
      return now
    }
    const started: Shared = { process: VddkProcess.start(options), holders: 1 }
    started.process.catch(() => {}) // each holder hears of it
    this.#shared.set(key, started)
    return started
  }

  async #release(key: string, shared: Shared): Promise<void> {
    if (--shared.holders > 0) return
    if (this.#shared.get(key) === shared) this.#shared.delete(key)
    const process = await shared.process.catch(() => undefined)
    await process?.[Symbol.asyncDispose]()
  }
}
