import type { AioConnection } from '../aio/aio-connection.ts'
import type { ErrorPayload } from '../messages/index.ts'
import type { NfcSettings } from './options.ts'
import { refusal } from './refusals.ts'

/** An open file on a connection of its own. */
export interface Handle {
  readonly id: bigint
  readonly connection: AioConnection
  readonly peer: string
  readonly settings: NfcSettings
}

/** How to explain a host that refuses `during`. */
export const refusedBy =
  ({ peer, settings }: Handle, during: string) =>
  (error: ErrorPayload): Error =>
    refusal(peer, settings.path, during, error)
