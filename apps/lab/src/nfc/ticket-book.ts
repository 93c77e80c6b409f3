import type { Clock, Random } from '@vmkeep/kit'
import type { NfcTicketRequest } from './model.ts'

const lifetimeMs = 120_000

/** A ticket that was accepted: what its connection may do. */
export interface Grant {
  readonly access: 'read' | 'write'
  readonly service: string
  readonly allows: (path: string) => boolean
}

/** Tickets given out and not yet used: each is good for one connection. */
export class TicketBook {
  readonly #clock: Clock
  readonly #random: Random
  readonly #open = new Map<string, { readonly grant: Grant; readonly expiresMs: number }>()

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock
    this.#random = random
  }

  issue(request: NfcTicketRequest): string {
    const hex = Buffer.from(this.#random.bytes(16)).toString('hex')
    const sessionId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    const { access, service, expiresInMs = lifetimeMs } = request
    const grant = { access, service, allows: allowedPaths(request) }
    this.#forgetExpired()
    this.#open.set(sessionId, { grant, expiresMs: this.#clock.nowMs() + expiresInMs })
    return sessionId
  }

  /** What the ticket grants, once. */
  redeem(sessionId: string): Grant | undefined {
    this.#forgetExpired()
    const entry = this.#open.get(sessionId)
    this.#open.delete(sessionId)
    return entry?.grant
  }

  #forgetExpired(): void {
    const nowMs = this.#clock.nowMs()
    for (const [sessionId, { expiresMs }] of this.#open) if (expiresMs <= nowMs) this.#open.delete(sessionId)
  }
}

/** Asked at every open, not when the ticket is issued: by then a snapshot may have added a file. */
function allowedPaths({ vm, diskKey }: NfcTicketRequest): (path: string) => boolean {
  if (vm === undefined) return () => true
  return (path) => {
    const disks = [...vm.disks, ...vm.snapshots.flatMap((snapshot) => snapshot.disks)]
    const wanted = disks.filter((disk) => diskKey === undefined || disk.key === diskKey)
    return wanted.some(({ backing }) => {
      for (let file: typeof backing | undefined = backing; file !== undefined; file = file.parent)
        if (file.fileName === path) return true
      return false
    })
  }
}
