import type { Duplex } from 'node:stream'
import { AioHeader, aioType, encodeError } from '@vmkeep/nfc/messages'
import { fail } from '../errors.ts'
import { garbage, type Strike } from './nfc-faults.ts'
import type { Random } from '@vmkeep/kit'

/** Writes whole frames to a client, one after the other, and tells when they have left. */
export class FrameWriter {
  readonly #stream: Duplex
  readonly #random: Random
  /** A frame was cut in half: whatever came behind it would be taken for the rest of it. */
  #isCut = false

  constructor(stream: Duplex, random: Random) {
    this.#stream = stream
    this.#random = random
  }

  /** Sends buffers as one write. They are the writer's until the promise settles. @throws `lab.nfc-peer-gone` */
  send(...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#stream.destroyed || this.#isCut) return Promise.reject(fail('lab.nfc-peer-gone', {}))
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(fail('lab.nfc-peer-gone', {}, error)) : resolve())
      this.#stream.cork()
      parts.forEach((part, i) => this.#stream.write(part, i === parts.length - 1 ? done : undefined))
      this.#stream.uncork()
    })
  }

  /** A reply: same type and opId as the request. `extra` is not counted in the header's size. */
  reply(type: number, opId: number, payload: Uint8Array, extra?: Uint8Array): Promise<void> {
    const header = AioHeader.encode({ type, opId, size: payload.length })
    return this.send(header, payload, ...(extra === undefined || extra.length === 0 ? [] : [extra]))
  }

  error(opId: number, code: number, text: string): Promise<void> {
    return this.reply(aioType.ERROR, opId, encodeError({ code, text }))
  }

  /** Does what a rule wants done to the connection. Returns only after garbage: the frame may follow. @throws `lab.nfc-peer-gone` */
  async spoil(strike: Strike, frame: readonly Uint8Array[]): Promise<void> {
    if (strike.do === 'garbage') return this.send(garbage(this.#random))
    if (strike.do === 'truncate') {
      const whole = Buffer.concat(frame)
      const left = this.send(whole.subarray(0, Math.floor(whole.length / 2)))
      this.#isCut = true
      await left
    }
    throw fail('lab.nfc-peer-gone', {})
  }
}
