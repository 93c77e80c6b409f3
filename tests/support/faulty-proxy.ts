// Stands between us and a real S3 server, and spoils what passes by rule: what a network and an overloaded service do.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type RequestOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FaultPlan, type FaultRule, seededRandom } from '@vmkeep/kit'

/** What happens to a request, named `s3.PUT`, `s3.GET`, `s3.HEAD`, `s3.DELETE`, `s3.POST` and `s3.LIST`, on its key. */
export type ProxyFault =
  /** The server never hears of it; this is the answer, in S3's words. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** The connection is reset before the server hears of it. */
  | { readonly kind: 'reset' }
  /** The server does it; the connection is reset instead of an answer. */
  | { readonly kind: 'lost-reply' }
  /** The server hears of it twice, as of a retry that somebody on the way makes; the second answer counts: 412 to who creates a name. */
  | { readonly kind: 'duplicate' }
  /** The server's answer, half of its body, and a reset. */
  | { readonly kind: 'half-body' }

export interface FaultyProxy extends AsyncDisposable {
  readonly endpoint: string
  readonly faults: FaultPlan<ProxyFault>
  /** How often a request of each kind was struck. */
  readonly struck: ReadonlyMap<string, number>
}

export async function openFaultyProxy(
  target: string,
  rules: readonly FaultRule<ProxyFault>[] = [],
): Promise<FaultyProxy> {
  const faults = new FaultPlan<ProxyFault>(seededRandom('proxy'), rules)
  const struck = new Map<string, number>()
  const server = createServer((incoming, outgoing) => {
    const [call, key] = callOf(incoming)
    const fault = faults.next(call, key)
    if (fault !== undefined) struck.set(call, (struck.get(call) ?? 0) + 1)
    pass(new URL(target), incoming, outgoing, fault).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    struck,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function pass(
  target: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: ProxyFault | undefined,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  if (fault?.kind === 'reset') return void outgoing.socket?.resetAndDestroy()
  if (fault?.kind === 'answer') return answer(outgoing, fault)
  // The signature covers the Host header: it goes on as it came.
  const { hostname, port } = target
  const { method, url: path, headers } = incoming
  const ask = () => send({ hostname, port, method, path, headers, setHost: false }, Buffer.concat(chunks))
  if (fault?.kind === 'duplicate') await ask()
  const { reply, body: whole } = await ask()
  if (fault?.kind === 'lost-reply') return void outgoing.socket?.resetAndDestroy()
  outgoing.writeHead(reply.statusCode!, reply.headers)
  if (fault?.kind !== 'half-body') return void outgoing.end(whole)
  outgoing.write(whole.subarray(0, Math.floor(whole.length / 2)), () => outgoing.socket?.resetAndDestroy())
}

async function send(options: RequestOptions, bytes: Buffer): Promise<{ reply: IncomingMessage; body: Buffer }> {
  const onward = request(options)
  onward.end(bytes)
  const [reply] = (await once(onward, 'response')) as [IncomingMessage]
  const body: Buffer[] = []
  for await (const chunk of reply as AsyncIterable<Buffer>) body.push(chunk)
  return { reply, body: Buffer.concat(body) }
}

/** The call by its name, and the key without the bucket. */
function callOf({ method, url }: IncomingMessage): [string, string] {
  const { pathname, searchParams } = new URL(url!, 'http://localhost')
  const isList = searchParams.has('list-type')
  const key = isList ? (searchParams.get('prefix') ?? '') : decodeURIComponent(pathname.split('/').slice(2).join('/'))
  return [`s3.${isList ? 'LIST' : method!}`, key]
}

function answer(outgoing: ServerResponse, { status, code }: { status: number; code: string }): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml' })
  outgoing.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>a planned fault</Message></Error>`,
  )
}
