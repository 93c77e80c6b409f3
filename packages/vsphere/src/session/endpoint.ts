import type { Secret } from '@vmkeep/kit'
import type { Trust } from '../tls/trust.ts'

/** A vCenter or ESXi, and who we are there. */
export interface Endpoint {
  /** A name or an address, without a scheme. */
  readonly host: string
  readonly port?: number
  readonly username: string
  /** Asked at every login, so that a password that was changed meanwhile is found. */
  readonly password: () => Promise<Secret>
  readonly trust: Trust
}
