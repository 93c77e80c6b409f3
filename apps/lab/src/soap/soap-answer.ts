import type { CookieJar } from './call.ts'
import type { ClientIdentity } from './session-store.ts'

/** What goes back over HTTP; `cut` is a connection that ends without an answer. */
export type SoapAnswer =
  | { readonly kind: 'xml'; readonly status: 200 | 500; readonly xml: string }
  | { readonly kind: 'http-error'; readonly status: number }
  | { readonly kind: 'cut' }

/** Who calls, and whether he is still there. */
export interface SoapContext {
  readonly cookie: CookieJar
  readonly client: ClientIdentity
  readonly signal: AbortSignal
  /** The API version the client speaks. */
  readonly version: string
}
