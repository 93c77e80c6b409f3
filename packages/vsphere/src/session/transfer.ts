import { AppError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { HttpResponse } from '../soap/http-client.ts'
import type { Transfer } from './session.ts'

/** An HTTP answer whose body fails with errors of ours. */
export function transferOf(
  response: HttpResponse,
  place: { readonly host: string; readonly what: string; readonly signal: AbortSignal | undefined },
): Transfer {
  return {
    status: response.status,
    headers: response.headers,
    body: bodyOf(response, place),
    [Symbol.dispose]: () => void response.body.destroy(),
  }
}

async function* bodyOf(
  { body }: HttpResponse,
  { host, what, signal }: { readonly host: string; readonly what: string; readonly signal: AbortSignal | undefined },
): AsyncIterable<Uint8Array> {
  try {
    yield* body as AsyncIterable<Buffer>
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof AppError
      ? error
      : fail('vsphere.reply-lost', { host, what, reason: messageOf(error) }, error)
  }
}
