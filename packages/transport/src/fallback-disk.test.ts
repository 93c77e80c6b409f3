// Disks that fail, go silent and close as they please: which transport is asked, and what the one who reads is told.
import { diskFail, MemoryDisk } from '@vmkeep/disk'
import { seededRandom, systemClock } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { type Candidate, FallbackDisk } from './fallback-disk.ts'
import type { TransportName } from './settings.ts'
import type { VmDiskReader, VmDiskRequest } from './transport.ts'

const capacityBytes = 65_536
const content = Uint8Array.from(seededRandom('fallback').bytes(capacityBytes))

/** A disk that is asked for a read and does what it is told: `answer` is called once for each. */
class ToldDisk extends MemoryDisk implements VmDiskReader {
  readonly transport: TransportName
  readonly #answer: (offsetBytes: number) => Promise<void>
  readonly #closing = Promise.withResolvers<never>()
  isClosed = false

  constructor(transport: TransportName, answer: (offsetBytes: number) => Promise<void>, bytes = capacityBytes) {
    super(bytes)
    this.transport = transport
    this.#answer = answer
    this.#closing.promise.catch(() => {})
  }

  override async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    await Promise.race([this.#answer(offsetBytes), this.#closing.promise])
    target.set(content.subarray(offsetBytes, offsetBytes + target.length))
  }

  async metadata(): Promise<Readonly<Record<string, string>>> {
    return {}
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true
    this.#closing.reject(diskFail('disk.closed', { disk: this.transport }))
  }
}

const never = () => new Promise<void>(() => {})
const atOnce = async () => {}
const broken = async () => {
  throw new Error('the LUN is gone')
}

const candidate = (disk: ToldDisk): Candidate => ({ name: disk.transport, open: async () => disk })
const unopenable = (name: TransportName): Candidate => ({ name, open: () => Promise.reject(new Error('no way')) })

function world() {
  const said: string[] = []
  const signal = new AbortController().signal
  const request = {
    path: '[ds] web/web.vmdk',
    clock: systemClock,
    onFallback: ({ from, to }: { from: string; to: string }) => said.push(`${from} ${to}`),
    signal,
  } as unknown as VmDiskRequest
  return { said, request }
}

async function readAt(disk: VmDiskReader, offsetBytes: number) {
  const target = new Uint8Array(512)
  await disk.read(offsetBytes, target)
  expect(target).toEqual(content.slice(offsetBytes, offsetBytes + 512))
}

describe('a disk that several transports reach', () => {
  it('goes on by the next when one fails, and closes the one that failed', async () => {
    const { said, request } = world()
    const first = new ToldDisk('san', broken)
    await using disk = await FallbackDisk.open(request, [candidate(first), candidate(new ToldDisk('nbdssl', atOnce))])
    await readAt(disk, 0)
    expect(disk.transport).toBe('nbdssl')
    expect(first.isClosed).toBe(true)
    expect(said).toEqual(['san nbdssl'])
  })

  it('asks the next for all that was still asked of the one that is left', async () => {
    const { said, request } = world()
    const first = new ToldDisk('vddk', (offsetBytes) => (offsetBytes === 512 ? broken() : never()))
    await using disk = await FallbackDisk.open(request, [candidate(first), candidate(new ToldDisk('nbdssl', atOnce))])
    await Promise.all([0, 512, 1024].map((offsetBytes) => readAt(disk, offsetBytes)))
    expect(said).toEqual(['vddk nbdssl'])
  })

  it('passes over what does not open, at the start and in the midst', async () => {
    const { said, request } = world()
    const order = [
      unopenable('file'),
      candidate(new ToldDisk('san', broken)),
      unopenable('vddk'),
      candidate(new ToldDisk('nbdssl', atOnce)),
    ]
    await using disk = await FallbackDisk.open(request, order)
    expect(disk.transport).toBe('san')
    await readAt(disk, 0)
    expect(said).toEqual(['file san', 'san vddk', 'vddk nbdssl'])
  })

  it('fails as the last one failed, and asks it once', async () => {
    const { said, request } = world()
    await using disk = await FallbackDisk.open(request, [candidate(new ToldDisk('san', broken)), unopenable('nbdssl')])
    await expect(disk.read(0, new Uint8Array(512))).rejects.toThrow('no way')
    await expect(disk.read(0, new Uint8Array(512))).rejects.toThrow('the LUN is gone')
    expect(said).toEqual(['san nbdssl'])
  })

  it('refuses a disk of another size, and closes it', async () => {
    const { request } = world()
    const other = new ToldDisk('nbdssl', atOnce, capacityBytes / 2)
    await using disk = await FallbackDisk.open(request, [candidate(new ToldDisk('san', broken)), candidate(other)])
    await expect(disk.read(0, new Uint8Array(512))).rejects.toMatchObject({ code: 'transport.another-disk' })
    expect(other.isClosed).toBe(true)
  })

  it('asks nobody else once it is closed', async () => {
    const { said, request } = world()
    const disk = await FallbackDisk.open(request, [
      candidate(new ToldDisk('san', never)),
      candidate(new ToldDisk('nbdssl', atOnce)),
    ])
    const reading = disk.read(0, new Uint8Array(512))
    await Promise.all([expect(reading).rejects.toMatchObject({ code: 'disk.closed' }), disk[Symbol.asyncDispose]()])
    expect(said).toEqual([])
  })
})
