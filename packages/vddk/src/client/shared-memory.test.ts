import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom, systemClock } from '@vmkeep/kit'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { OpenedVddkDisk } from '../disk/opened-disk.ts'
import { findLibrary } from '../library/find-library.ts'
import { vixSectorBytes } from '../protocol/messages.ts'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '../testing.ts'
import { slotBytes, slotsMax } from './shared-memory.ts'
import { VddkPool, type VddkLease } from './vddk-pool.ts'

const why = await whyNoFakeVddk()
const path = '[ds] web/web.vmdk'
const bytes = seededRandom('shared').bytes(2 * 1024 * 1024)
const asked = { during: 'while testing', timeoutMs: 60_000 }
const login = {
  server: 'v',
  port: 443,
  nfcHostPort: 902,
  thumbprint: 'AA',
  username: 'b',
  cookie: 'cookie',
  vm: 'vm-1',
}

let fake: FakeVddk
let lease: VddkLease
let disk: OpenedVddkDisk

beforeEach(async (context) => {
  if (why !== undefined) return context.skip(why)
  fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  await writeFile(fake.fileOf(path), bytes)
  const pool = new VddkPool()
  const options = { library: findLibrary(fake.root), clock: systemClock, cacheFolder: join(fake.folder, 'cache') }
  lease = await pool.acquire('host', options)
  const place = { path, capacityBytes: bytes.length, access: 'read', transports: 'nbdssl' } as const
  disk = await OpenedVddkDisk.open(lease, login, place)
  onTestFinished(() => disk[Symbol.asyncDispose]())
})

async function read(startSector: number, sectors: number): Promise<Uint8Array> {
  const target = new Uint8Array(sectors * vixSectorBytes)
  await disk.read({ startSector, sectors }, asked, (copy) => copy(target, 0))
  return target
}

const expected = (startSector: number, sectors: number) =>
  new Uint8Array(bytes.subarray(startSector * vixSectorBytes, (startSector + sectors) * vixSectorBytes))

describe('memory that the library and we share', () => {
  it('gives each of many reads at once its own bytes, also those that come when no place is free', async () => {
    const sectors = Array.from({ length: 3 * slotsMax }, (_, index) => index * 40)
    const got = await Promise.all(sectors.map((sector) => read(sector, 39)))
    for (const [index, sector] of sectors.entries()) expect(got[index]).toEqual(expected(sector, 39))
  })

  it('gives parts of what was read', async () => {
    const target = new Uint8Array(700)
    await disk.read({ startSector: 8, sectors: 8 }, asked, (copy) => copy(target, 300))
    expect(target).toEqual(new Uint8Array(bytes.subarray(8 * 512 + 300, 8 * 512 + 1000)))
  })

  it('is not used for what is too large for a place, which comes over the socket', async () => {
    expect(lease.process.takeSlot(slotBytes + 1)).toBeUndefined()
    expect(await read(0, slotBytes / vixSectorBytes + 1)).toEqual(expected(0, slotBytes / vixSectorBytes + 1))
  })

  it('lends each place once, and again when it was given back, after a refusal too', async () => {
    await fake.rules('ReadAsync 1 error 4242')
    await expect(read(0, 8)).rejects.toMatchObject({ code: 'vddk.refused' })
    const slots = Array.from({ length: slotsMax }, () => lease.process.takeSlot(slotBytes)!)
    expect(new Set(slots.map(({ at }) => at)).size).toBe(slotsMax)
    expect(lease.process.takeSlot(512)).toBeUndefined()
    slots[3]![Symbol.dispose]()
    expect(lease.process.takeSlot(512)?.at).toBe(slots[3]!.at)
  })

  it('is never written beyond its end', async () => {
    const takes = { disk: disk.info.disk, startSector: 0, sectors: 1 }
    for (const at of [slotBytes * slotsMax - 511, -512])
      await expect(lease.process.ask('read', { ...takes, at }, asked)).rejects.toThrow('beyond what is shared')
  })

  it('is not read once its process has ended', async () => {
    const slot = lease.process.takeSlot(512)!
    await lease.process.kill()
    expect(() => slot.copyTo(new Uint8Array(512), 0)).toThrow('its memory is gone')
    expect(lease.process.takeSlot(512)).toBeUndefined()
  })
})
