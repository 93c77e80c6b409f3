// Random lives of a VM's disk, compared with the plainest model: one buffer per instant, one set of blocks since the last.
import fc from 'fast-check'
import { type DiskReader, type Extent, MemoryDisk } from '@vmkeep/disk'
import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import type { VmStorage } from './model.ts'
import { changedSince, guestImage, imageAt, imageOfPath, openTestStorage } from './testing.ts'

const capacityBytes = 640 * 1024 + 512
const blockSizeBytes = 16 * 1024
const noise = Buffer.from(seededRandom('noise').bytes(300 * 1024))

const length = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 200_000 }))
const pages = fc.tuple(
  fc.nat(9).map((page) => page * 65_536),
  fc.constantFrom(65_536, 131_072),
)
const extent = fc.oneof(fc.tuple(fc.nat(capacityBytes - 1), length), pages).map(([offsetBytes, lengthBytes]) => ({
  offsetBytes,
  lengthBytes: Math.min(lengthBytes, capacityBytes - offsetBytes),
}))
const any = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write'), extent, from: fc.nat(50_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('trim'), extent }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('snapshot') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove'), which: fc.nat(), children: fc.boolean(), extent }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revert'), which: fc.nat() }) },
)
type Command = { do: string; extent?: Extent; from?: number; which?: number; children?: boolean }

interface Instant {
  readonly image: Buffer
  readonly changeId: string
  /** Taken at the snapshot, kept until the end: whatever is merged or written since, it must not change. */
  readonly view: DiskReader
}

class Life {
  readonly #lab: Awaited<ReturnType<typeof openTestStorage>>
  readonly #instants = new Map<string, Instant>()
  readonly views: Instant[] = []
  #now: Buffer = Buffer.alloc(0)
  /** Blocks touched since this snapshot; undefined when a removal or a revert has made it another question. */
  #since: { readonly id: string; readonly blocks: Set<number> } | undefined

  constructor(lab: Awaited<ReturnType<typeof openTestStorage>>) {
    this.#lab = lab
  }

  get #vm(): VmStorage {
    return this.#lab.vm
  }

  async start(source?: DiskReader): Promise<void> {
    await this.#vm.addDisk({ key: 2000, capacityBytes, ...(source === undefined ? {} : { source }) })
    await this.#vm.setChangeTracking(true)
    await this.#vm.setPower('on')
    this.#now = await guestImage(this.#vm)
  }

  async live(command: Command): Promise<void> {
    const ids = [...this.#instants.keys()]
    const id = ids[(command.which ?? 0) % ids.length]
    if (command.do === 'write') await this.#write(command.extent!, command.from!)
    else if (command.do === 'trim') await this.#trim(command.extent!)
    else if (command.do === 'snapshot') await this.#snapshot()
    else if (id === undefined) return
    else if (command.do === 'revert') await this.#revert(id)
    else await this.#remove(id, command)
  }

  async check(): Promise<void> {
    expect(this.#now.equals(await guestImage(this.#vm))).toBe(true)
    for (const [id, { image }] of this.#instants) {
      const { fileName } = this.#vm.snapshot(id).disks[0]!.backing
      expect(image.equals(await imageOfPath(this.#lab.storage, fileName))).toBe(true)
    }
    expect(this.#vm.consolidationNeeded).toBe(false)
  }

  async #write(where: Extent, from: number): Promise<void> {
    const bytes = noise.subarray(from, from + where.lengthBytes)
    await this.#vm.disk(2000).writeGuest(where.offsetBytes, bytes)
    this.#changed(where, bytes)
  }

  async #trim(where: Extent): Promise<void> {
    await this.#vm.disk(2000).trimGuest(where.offsetBytes, where.lengthBytes)
    this.#changed(where, Buffer.alloc(where.lengthBytes))
  }

  #changed({ offsetBytes, lengthBytes }: Extent, bytes: Buffer): void {
    this.#now = Buffer.from(this.#now)
    bytes.copy(this.#now, offsetBytes)
    for (
      let block = Math.floor(offsetBytes / blockSizeBytes);
      block * blockSizeBytes < offsetBytes + lengthBytes;
      block++
    )
      this.#since?.blocks.add(block)
  }

  async #snapshot(): Promise<void> {
    const id = `snapshot-${this.views.length}`
    const { disks } = await this.#vm.createSnapshot({ id, name: id })
    const changeId = disks[0]!.backing.changeId!
    const instant = { image: this.#now, changeId, view: this.#vm.frozenView(id, 2000) }
    if (this.#since !== undefined) {
      const { extents } = await changedSince(this.#vm, id, this.#instants.get(this.#since.id)!.changeId)
      expect(blocksOf(extents)).toEqual([...this.#since.blocks].toSorted((a, b) => a - b))
    }
    this.#instants.set(id, instant)
    this.views.push(instant)
    this.#since = { id, blocks: new Set() }
  }

  async #revert(id: string): Promise<void> {
    await this.#vm.revertToSnapshot(id)
    this.#now = this.#instants.get(id)!.image
    this.#since = undefined
  }

  /** The guest writes while layers are merged. */
  async #remove(id: string, { children, extent: where }: Command): Promise<void> {
    for await (const percent of this.#vm.removeSnapshot(id, { removeChildren: children! }))
      if (percent < 50) await this.#write(where!, 7)
    const left = new Set(this.#vm.snapshots.map((snapshot) => snapshot.id))
    for (const gone of this.#instants.keys()) if (!left.has(gone)) this.#instants.delete(gone)
    if (this.#since !== undefined && !left.has(this.#since.id)) this.#since = undefined
  }
}

it(
  'every layer, frozen view and guest reads what a plain model says; changed areas are the blocks that were touched',
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(any, { minLength: 1, maxLength: 40, size: 'max' }),
        fc.boolean(),
        async (commands, hasSource) => {
          await using lab = await openTestStorage({ changeTracking: { blockSizeBytes } })
          const life = new Life(lab)
          await life.start(hasSource ? await sourceDisk() : undefined)
          for (const command of commands) {
            await life.live(command)
            await life.check()
          }
          for (const { image, view } of life.views) {
            expect(image.equals(await imageAt(view))).toBe(true)
            await view[Symbol.asyncDispose]()
          }
        },
      ),
      { numRuns: 25 },
    ),
  30_000,
)

const blocksOf = (extents: readonly Extent[]) =>
  extents.flatMap(({ offsetBytes, lengthBytes }) => {
    expect(offsetBytes % blockSizeBytes).toBe(0)
    return Array.from({ length: Math.ceil(lengthBytes / blockSizeBytes) }, (_, i) => offsetBytes / blockSizeBytes + i)
  })

async function sourceDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk(512 * 1024)
  await disk.write(70_000, noise.subarray(0, 200_000))
  return disk
}
