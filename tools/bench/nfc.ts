// How fast the NFC client reads, against a plain TLS socket that copies as many bytes to the same place in the same run.
// `benchNfc` takes any peer (the lab's, a real host's); run as a program it brings its own.
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type NfcTicket, openNfcFile } from '@vmkeep/nfc'

export interface NfcBenchOptions {
  /** Gives a ticket for each connection. */
  readonly ticket: () => Promise<NfcTicket>
  readonly path: string
  /** Read in all, from the start of the disk over and over. */
  readonly totalBytes: number
  readonly transport?: 'nbdssl' | 'nbd'
  readonly bufferBytes?: number
  /** Of one call of `read`. */
  readonly readBytes?: number
  /** Calls of `read` under way at once. */
  readonly readsMax?: number
  readonly requestsInFlightMax?: number
}

/** What a copy took: on the wall's clock, and of this thread's time, which others on the machine disturb less. */
export interface Cost {
  readonly mebibytesPerSecond: number
  readonly cpuMsPerGibibyte: number
}

export interface NfcBenchResult {
  readonly nfc: Cost
  readonly plainTls: Cost
  /** NFC's speed by that of plain TLS. */
  readonly speedRatio: number
  /** Plain TLS's thread time by that of NFC: what the speed ratio would be if this thread were all that limits. */
  readonly cpuRatio: number
}

/** The best of five rounds each, taken in turn: a shared machine only ever makes things slower. */
export async function benchNfc(options: NfcBenchOptions): Promise<NfcBenchResult> {
  await using server = await PlainTlsServer.start()
  let nfc = worst
  let plainTls = worst
  for (let round = 0; round < 5; round++) {
    plainTls = better(plainTls, await plainCost(server.port, options.totalBytes))
    nfc = better(nfc, await nfcCost(options))
  }
  const speedRatio = nfc.mebibytesPerSecond / plainTls.mebibytesPerSecond
  return { nfc, plainTls, speedRatio, cpuRatio: plainTls.cpuMsPerGibibyte / nfc.cpuMsPerGibibyte }
}

const worst: Cost = { mebibytesPerSecond: 0, cpuMsPerGibibyte: Infinity }
const better = (a: Cost, b: Cost): Cost => ({
  mebibytesPerSecond: Math.max(a.mebibytesPerSecond, b.mebibytesPerSecond),
  cpuMsPerGibibyte: Math.min(a.cpuMsPerGibibyte, b.cpuMsPerGibibyte),
})

async function nfcCost(options: NfcBenchOptions): Promise<Cost> {
  const { path, totalBytes, transport = 'nbdssl', readBytes = 2 * mebibyte, readsMax = 4 } = options
  const ticket = await options.ticket()
  const { bufferBytes, requestsInFlightMax } = options
  const settings = { ticket, path, access: 'read', transport, bufferBytes, requestsInFlightMax } as const
  await using file = await openNfcFile(settings)
  const stop = meter()
  let next = 0
  const reader = async () => {
    const target = Buffer.allocUnsafeSlow(readBytes)
    while (next < totalBytes) {
      const offsetBytes = next % (file.capacityBytes - readBytes)
      next += readBytes
      await file.read(offsetBytes - (offsetBytes % file.sectorSizeBytes), target)
    }
  }
  await Promise.all(Array.from({ length: readsMax }, reader))
  return stop(next)
}

/** What a TLS socket alone does: every chunk is copied once, to where a disk's bytes would go. */
async function plainCost(port: number, totalBytes: number): Promise<Cost> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  const target = Buffer.allocUnsafeSlow(2 * mebibyte)
  let at = 0
  let received = 0
  const stop = meter()
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      if (at + chunk.length > target.length) at = 0
      at += chunk.copy(target, at)
      received += chunk.length
      if (received >= totalBytes) resolve()
    })
    socket.write(String(totalBytes))
  })
  const result = stop(received)
  socket.destroy()
  return result
}

/** Sends as many bytes as it is asked for, from a thread of its own, as an NFC peer would. */
class PlainTlsServer implements AsyncDisposable {
  readonly port: number
  readonly #worker: Worker

  private constructor(worker: Worker, port: number) {
    this.#worker = worker
    this.port = port
  }

  static async start(): Promise<PlainTlsServer> {
    const worker = new Worker(new URL('./plain-tls-server.ts', import.meta.url), { workerData: identity() })
    const port = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))
    return new PlainTlsServer(worker, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

const mebibyte = 1024 * 1024

/** Starts measuring; the function it returns ends it. */
function meter(): (bytes: number) => Cost {
  const startMs = performance.now()
  const before = process.threadCpuUsage()
  return (bytes) => {
    const { user, system } = process.threadCpuUsage(before)
    const seconds = (performance.now() - startMs) / 1000
    const cpuMs = (user + system) / 1000
    return {
      mebibytesPerSecond: Math.round(bytes / mebibyte / seconds),
      cpuMsPerGibibyte: Math.round(cpuMs / (bytes / (1024 * mebibyte))),
    }
  }
}

/** A make-believe host's certificate, from the client's fixtures. */
function identity(): { key: string; cert: string } {
  const pem = (name: string) =>
    readFileSync(new URL(`../../packages/nfc/fixtures/${name}.pem`, import.meta.url), 'utf8')
  return { key: pem('host-key'), cert: pem('host-cert') }
}

/** A peer in a thread of its own: fast, so that the client is what is measured. */
async function withOwnPeer<T>(work: (ticket: () => Promise<NfcTicket>) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./nfc-peer.ts', import.meta.url))
  const template = await new Promise<NfcTicket>((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  )
  let count = 0
  try {
    return await work(async () => ({ ...template, sessionId: `bench-${count++}` }))
  } finally {
    await worker.terminate()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await withOwnPeer(async (ticket) => {
    const options = { ticket, path: '[ds] vm/vm.vmdk', totalBytes: 512 * mebibyte }
    return {
      'nbdssl, 64 KiB buffers': await benchNfc(options),
      'nbdssl, 1 MiB buffers': await benchNfc({ ...options, bufferBytes: mebibyte }),
      'nbdssl, reads of 256 KiB': await benchNfc({ ...options, readBytes: 256 * 1024, readsMax: 16 }),
      'nbdssl, reads of 256 KiB, 16 in flight': await benchNfc({
        ...options,
        readBytes: 256 * 1024,
        readsMax: 16,
        requestsInFlightMax: 16,
      }),
      'nbd, 64 KiB buffers': await benchNfc({ ...options, transport: 'nbd' }),
    }
  })
  console.log(JSON.stringify(results, undefined, 2))
}
