import type { Random } from '@vmkeep/kit'
import type { User } from './user.ts'

interface ServiceTicket {
  readonly user: User
  readonly method: string
  readonly path: string
}

/** One-shot tickets for one file of a datastore: `AcquireGenericServiceTicket`, then the cookie `vmware_cgi_ticket`. */
export class ServiceTickets {
  readonly #random: Random
  readonly #open = new Map<string, ServiceTicket>()

  constructor(random: Random) {
    this.#random = random
  }

  issue(spec: { readonly method?: string | undefined; readonly url: string }, user: User): string {
    const id = Buffer.from(this.#random.bytes(16)).toString('hex')
    const path = new URL(spec.url, 'https://lab').pathname
    const method = (spec.method ?? 'httpGet').replace(/^http/, '').toUpperCase()
    this.#open.set(id, { user, method, path })
    return id
  }

  /** Who it lets in, if it is for this request. It is used up either way. */
  redeem(id: string, request: { readonly method: string; readonly path: string }): User | undefined {
    const ticket = this.#open.get(id)
    this.#open.delete(id)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    return ticket !== undefined && ticket.method === method && ticket.path === request.path ? ticket.user : undefined
  }
}
