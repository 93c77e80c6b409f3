import { type Clock, seededRandom } from '@vmkeep/kit'
import { describe, expect, it, vi } from 'vitest'
import { createCertificate } from '../certificates/certificate.ts'
import { openTestStorage } from '../storage/testing.ts'
import { startNfcServer } from './nfc-server.ts'
import { TestNfcClient } from './testing.ts'

const path = '[ds] vm/vm.vmdk'
const capacityBytes = 2 * 1024 * 1024
const idleMs = 60_000
const certificate = createCertificate({ commonName: 'esx01', notBeforeMs: 0, random: seededRandom('c') })

describe.each([
  ['nbdssl', true],
  ['nbd', false],
])('a connection over %s on which nothing moves', (_, secure) => {
  it.each([
    ['asks for nothing', async () => {}],
    [
      'does not read what it asked for',
      async (client: TestNfcClient, handle: bigint) => {
        for (let i = 0; i < 100; i++) client.requestRead(handle, 0, capacityBytes)
        client.socket.pause()
      },
    ],
  ] as const)('is ended when its client %s, and lets go of the disk', async (_what, act) => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket(), { secure })
    const { handle } = await client.open(path, { flags: 0x1a })
    expect(() => lab.storage.openPath(path, { access: 'write' })).toThrow('is locked')
    await act(client, handle)
    await vi.waitUntil(() => lab.isLetGo(), { timeout: 20_000, interval: 5 })
    expect(lab.said).toEqual([expect.stringMatching(/^nothing moved between NFC client 127\.0\.0\.1:\d+ and the host/)])
  })

  it('is kept as long as now and then something does', async () => {
    await using lab = await openLab()
    await using client = await TestNfcClient.connect(lab.ticket(), { secure })
    const { handle } = await client.open(path)
    for (let i = 0; i < 12; i++) {
      await lab.clock.advance(idleMs / 3)
      expect(await client.read(handle, 0, 512)).toHaveLength(512)
    }
    expect(lab.said).toEqual([])
  })
})

it('a client that says nothing at all is not waited for either', async () => {
  await using lab = await openLab()
  const { client } = await TestNfcClient.dial(lab.server.port)
  for (let i = 0; i < 8; i++) await lab.clock.advance(idleMs / 4)
  await client.ended()
})

async function openLab() {
  const { storage, vm, random } = await openTestStorage()
  const clock = new SteppedClock()
  const said: string[] = []
  const log = ({ message }: { message: string }) => void said.push(message)
  const server = await startNfcServer({ storage, certificate, random, clock, log, limits: { idleMs } })
  await vm.addDisk({ key: 2000, capacityBytes })
  await vm.disk(2000).writeGuest(0, Buffer.alloc(capacityBytes, 7))
  return {
    server,
    storage,
    clock,
    said,
    ticket: () => server.issueTicket({ vm, access: 'write', service: 'vpxa-nfc' }),
    /** Lets some time pass, and tells whether the disk can be had. */
    async isLetGo() {
      await clock.advance(idleMs / 4)
      try {
        await storage.openPath(path, { access: 'write' })[Symbol.asyncDispose]()
        return true
      } catch {
        return false
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}

/** Time that moves when told. Every step wakes all who sleep: they look at the clock themselves. */
class SteppedClock implements Clock {
  #nowMs = 0
  readonly #sleepers = new Set<() => void>()

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  sleep(_durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.add(resolve)
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  }

  async advance(byMs: number): Promise<void> {
    this.#nowMs += byMs
    for (const wake of this.#sleepers) wake()
    this.#sleepers.clear()
    await new Promise(setImmediate)
  }
}
