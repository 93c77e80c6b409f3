import type { HostSystem } from '../inventory/host.ts'
import { type LabServer, serve, urlOf } from './lab-server.ts'
import { answerGuestFile, guestFilePath } from './guest-file-endpoint.ts'
import { answerLease } from './lease-endpoint.ts'

/** The HTTPS side of a host that a vCenter manages: the disks of leases, files of guests, and nothing else. */
export async function startHostServer(host: HostSystem, address: string): Promise<LabServer> {
  const { certificate, world } = host
  const server = await serve({ world, certificate, address, port: 0 }, async (request, response) => {
    const url = urlOf(request)
    if (host.connection !== 'connected') return void request.socket.destroy()
    if (url?.pathname === guestFilePath) return answerGuestFile(request, response, url, host)
    if (url === undefined || !url.pathname.startsWith('/nfc/')) return void response.writeHead(404).end()
    await answerLease(request, response, { url, world, host })
  })
  host.webPort = server.port
  return server
}
