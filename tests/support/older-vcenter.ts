// Stands before a vCenter and makes it one before 7.0 U2: its REST API answers under `/rest` only.
import { request } from 'node:https'
import { TestHttpsServer } from '../../packages/vsphere/src/testing/https-server.ts'

export interface OlderVCenter extends AsyncDisposable {
  readonly port: number
  readonly thumbprint: string
  /** What came by that was for the REST API. */
  readonly asked: readonly string[]
}

export async function openOlderVCenter(target: { readonly port: number }): Promise<OlderVCenter> {
  const asked: string[] = []
  const server = await TestHttpsServer.start(({ method, url: path, headers, body }, response) => {
    if (/^\/(api|rest)\//.test(path!)) asked.push(`${method} ${path}`)
    if (path!.startsWith('/api/')) return void response.writeHead(404).end()
    const onward = request({ host: '127.0.0.1', port: target.port, method, path, headers, rejectUnauthorized: false })
    onward.on('response', (reply) => {
      response.writeHead(reply.statusCode!, reply.headers)
      reply.pipe(response)
    })
    onward.on('error', () => response.destroy()).end(body)
  })
  const { port, thumbprint } = server
  return { port, thumbprint, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
