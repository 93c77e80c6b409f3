/** How a VM's disk is read or written. What a policy says; `vmkeep plan` shows it with its reason. */
export interface TransportSettings {
  /** `nbdssl`: NFC over TLS. `nbd`: NFC in clear, for a network that is trusted and a CPU that is not fast. */
  readonly name: 'nbdssl' | 'nbd'
  /** What the host compresses before it sends. `skipz` leaves out zero runs and costs next to nothing. */
  readonly compression: 'none' | 'zlib' | 'skipz'
  /** How long a host may be silent while it owes an answer, before the connection is given up and made anew. 60 s if left out. */
  readonly silenceMs?: number
}

export const defaultTransport: TransportSettings = { name: 'nbdssl', compression: 'skipz' }
