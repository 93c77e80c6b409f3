import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HostSystem } from '../inventory/host.ts'

export const guestFilePath = '/guestFile'

/** A file of a guest on this host, for who knows the token of its transfer: no cookie is asked for. */
export function answerGuestFile(request: IncomingMessage, response: ServerResponse, url: URL, host: HostSystem): void {
  const token = url.searchParams.get('token') ?? ''
  const bytes =
    request.method === 'GET' ? host.vms.flatMap((vm) => vm.guestSystem.files.taken(token) ?? [])[0] : undefined
  if (bytes === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length }).end(bytes)
}
