// Reads all of a disk by one transport, or of a device, and tells what the reading took: `transport-job.ts <job as JSON>`.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type DiskReader, openBlockDevice } from '@vmkeep/disk'
import { Secret, systemClock, systemRandom } from '@vmkeep/kit'
import { openVmDisk, prepareTransports, type TransportSettings } from '@vmkeep/transport'
import { openSession } from '@vmkeep/vsphere'

export type TransportJob =
  | { readonly device: string; readonly caching: 'direct' | 'buffered' }
  | {
      readonly host: string
      readonly port: number
      readonly username: string
      readonly password: string
      readonly thumbprint: string
      readonly vm: string
      readonly deviceKey: number
      readonly path: string
      readonly capacityBytes: number
      readonly settings: TransportSettings
    }

export interface TransportCost {
  readonly bytes: number
  readonly seconds: number
  readonly cpuSeconds: number
}

const readBytes = 2 * 1024 * 1024
const readsInFlight = 4

async function cost(disk: DiskReader): Promise<TransportCost> {
  const startMs = performance.now()
  const before = cpuSecondsNow()
  let next = 0
  const reader = async () => {
    const buffer = Buffer.allocUnsafeSlow(readBytes)
    while (next < disk.capacityBytes) {
      const at = next
      next += readBytes
      await disk.read(at, buffer.subarray(0, Math.min(readBytes, disk.capacityBytes - at)))
    }
  }
  await Promise.all(Array.from({ length: readsInFlight }, reader))
  const seconds = (performance.now() - startMs) / 1000
  return { bytes: disk.capacityBytes, seconds, cpuSeconds: cpuSecondsNow() - before }
}

/** Of this process and of those it has started, such as that of a library. */
function cpuSecondsNow(): number {
  const { user, system } = process.cpuUsage()
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return (user + system) / 1e6 + children.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
}

function cpuSecondsOf(pid: string): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ') // behind the program's name, which may hold anything
  return (Number(fields[11]) + Number(fields[12])) / 100 // USER_HZ
}

async function main(job: TransportJob): Promise<TransportCost> {
  if ('device' in job) {
    await using device = await openBlockDevice(job.device, { caching: job.caching })
    return await cost(device)
  }
  const { signal } = new AbortController()
  const { vm, settings, thumbprint, password, host, port, username, ...disk } = job
  const endpoint = {
    host,
    port,
    username,
    password: async () => new Secret(password),
    trust: { by: 'thumbprint', thumbprint },
  } as const
  await using session = await openSession({ endpoint, clock: systemClock })
  const fail = (what: unknown): never => {
    throw new Error('the transport that is measured did not last', { cause: what })
  }
  await using source = await openVmDisk({
    ...disk,
    session,
    vm: { type: 'VirtualMachine', value: vm },
    settings: await prepareTransports(session, settings, signal),
    clock: systemClock,
    random: systemRandom,
    attachments: { intend: async () => ({ gone: async () => {}, left: fail }) }, // a lab that ends with the bench
    onReconnect: fail,
    onFallback: fail,
    signal,
  })
  if (source.transport === 'hotadd') execFileSync('sync') // the lab has just written the device, which is a file
  return await cost(source)
}

console.log(JSON.stringify(await main(JSON.parse(process.argv[2]!) as TransportJob)))
