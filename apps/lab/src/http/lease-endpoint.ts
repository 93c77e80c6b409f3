import type { IncomingMessage, ServerResponse } from 'node:http'
import { codeOf } from '@vmkeep/kit'
import { plainName } from '../inventory/entity-name.ts'
import type { HostSystem } from '../inventory/host.ts'
import type { World } from '../inventory/world.ts'
import type { LabAction } from '../faults/lab-action.ts'
import type { HttpNfcLease } from '../leases/http-nfc-lease.ts'
import type { LeaseFile } from '../leases/lease-file.ts'
import { receiveDisk } from '../leases/receive-disk.ts'
import { sendDisk } from '../leases/send-disk.ts'
import { closedSignal } from './closed-signal.ts'

export const streamVmdkType = 'application/x-vnd.vmware-streamVmdk'

interface LeasePlace {
  readonly url: URL
  readonly world: World
  readonly host: HostSystem
}

/**
 * A disk of a lease: GET gives it whole, POST takes it whole, always as a stream-optimized VMDK. There are no ranges and no lengths
 * told in advance, and no cookie is asked for: who knows the URL may. Source: vim25.md §5.1, §7.2. Evidence: observed.
 */
export async function answerLease(
  request: IncomingMessage,
  response: ServerResponse,
  { url, world, host }: LeasePlace,
): Promise<void> {
  const [, , token = '', name = ''] = url.pathname.split('/')
  const found = world.leases.find(host, token, name)
  if (found === undefined || found.lease.state !== 'ready') return refuse(response, 404, 'no such lease')
  const { lease, file } = found
  const wanted = lease.isImport ? 'POST' : 'GET'
  if (request.method !== wanted) return refuse(response, 405, `${request.method ?? ''} is not done here`)
  const vm = [lease.vm.ref.value, plainName(lease.vm.name)]
  const action = world.faults.next(`lease.${lease.isImport ? 'post' : 'get'}`, ...vm, `${vm[1]}/${name}`)
  if (await strikes(action, { request, response, world, lease })) return
  const over = () => void response.destroy()
  lease.over.addEventListener('abort', over, { once: true })
  try {
    if (lease.isImport) await receive(request, response, { world, file, action })
    else await send(response, { world, lease, file, action })
  } catch (error) {
    if (lease.over.aborted || response.destroyed) return
    if (response.headersSent) return void response.destroy()
    const code = codeOf(error) ?? ''
    if (!code.startsWith('vmdk.') && !code.startsWith('lab.')) world.report(error)
    refuse(response, 500, error instanceof Error ? error.message : '')
  } finally {
    lease.over.removeEventListener('abort', over)
  }
}

/** Whether a rule was all of the answer. */
async function strikes(
  action: LabAction | undefined,
  {
    request,
    response,
    world,
    lease,
  }: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly world: World
    readonly lease: HttpNfcLease
  },
): Promise<boolean> {
  if (action?.do === 'delay') await world.clock.sleep(action.ms)
  if (action?.do === 'stall') await world.clock.sleep(2 ** 30, closedSignal(response)).catch(() => {})
  if (action?.do === 'disconnect' || action?.do === 'stall') request.socket.destroy()
  if (action?.do === 'http-error') {
    request.resume() // to its end: who is cut while it sends never reads the answer
    refuse(response, action.status, 'by rule')
  }
  if (action?.do === 'expire-lease') {
    lease.expire()
    request.socket.destroy()
  }
  return action !== undefined && ['disconnect', 'stall', 'http-error', 'expire-lease'].includes(action.do)
}

interface Delivery {
  readonly world: World
  readonly file: LeaseFile
  readonly action: LabAction | undefined
}

const cutAt = ({ file, action }: Delivery): number | undefined =>
  action?.do === 'truncate' ? Math.floor(file.capacityBytes / 2) : undefined

async function send(response: ServerResponse, delivery: Delivery & { readonly lease: HttpNfcLease }): Promise<void> {
  const { world, file, lease, action } = delivery
  await using disk = world.storage.openPath(file.diskPath)
  response.writeHead(200, { 'content-type': streamVmdkType })
  const signal = AbortSignal.any([closedSignal(response), lease.over])
  const sent = await sendDisk(response, disk, file, {
    signal,
    cutAtBytes: cutAt(delivery),
    garbled: action?.do === 'garbage',
  })
  if (sent === undefined) return
  lease.delivered(sent) // before the client has the last byte: it may ask at once
  response.end()
}

async function receive(request: IncomingMessage, response: ServerResponse, delivery: Delivery): Promise<void> {
  const { world, file } = delivery
  if (request.headers['content-type'] !== streamVmdkType)
    return refuse(response, 415, `only ${streamVmdkType} is taken here`)
  await using disk = world.storage.openPath(file.diskPath, { access: 'write' })
  const came = await receiveDisk(request.iterator({ destroyOnReturn: false }), disk, {
    name: file.name,
    cutAtBytes: cutAt(delivery),
  })
  if (came === 'cut') return void request.socket.destroy()
  request.resume()
  if (came === 'other-size') return refuse(response, 500, 'the disk has another capacity than the one it is for')
  response.writeHead(200).end()
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`${why}\n`)
}
