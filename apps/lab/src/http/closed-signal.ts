import type { ServerResponse } from 'node:http'

/** Aborts when the client goes before it has its answer. */
export function closedSignal(response: ServerResponse): AbortSignal {
  const closed = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) closed.abort(new Error('the client has gone'))
  })
  return closed.signal
}
