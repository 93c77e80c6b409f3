import type { KeyedLimiter } from '@vmkeep/kit'
import type { NfcTicket } from '@vmkeep/vsphere'

type OpenTicket = (signal: AbortSignal) => Promise<NfcTicket>

/**
 * A place among the NFC connections of a host, for one disk. It is taken at the host that the ticket names, and not where the VM was at
 * first: a VM that moves brings its next connection to another host.
 */
export class PlaceOnHost implements Disposable {
  readonly #places: KeyedLimiter
  #held: Disposable | undefined

  constructor(places: KeyedLimiter) {
    this.#places = places
  }

  /** A ticket for a host on which there is a place now. The connection before is over. */
  async ticket(open: OpenTicket, onWait: (host: string) => void, signal: AbortSignal): Promise<NfcTicket> {
    this[Symbol.dispose]()
    let ticket = await open(signal)
    for (;;) {
      let hasWaited = false
      const noteWait = () => {
        hasWaited = true
        onWait(ticket.host)
      }
      this.#held = await this.#places.for(keyOf(ticket)).acquire(signal, noteWait)
      if (!hasWaited) return ticket
      const before = keyOf(ticket)
      ticket = await open(signal) // the other may be too old by now, and the VM somewhere else
      if (keyOf(ticket) === before) return ticket
      this[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]()
    this.#held = undefined
  }
}

const keyOf = ({ host, port }: NfcTicket): string => `${host}:${port}`
