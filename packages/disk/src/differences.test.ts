import { collect, seededRandom } from '@vmkeep/kit'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { differences } from './differences.ts'
import { whole } from './extent.ts'
import { joined } from './extent-streams.ts'
import { MemoryDisk } from './memory-disk.ts'

const KiB = 1024
const capacityBytes = 5 * KiB * KiB + 512
const content = seededRandom('differences').bytes(capacityBytes)

async function disksThatDifferAt(offsets: readonly number[]) {
  const bytes = Uint8Array.from(content)
  const [one, other] = [new MemoryDisk(capacityBytes), new MemoryDisk(capacityBytes)]
  await one.write(0, bytes)
  for (const at of offsets) bytes[at] = bytes[at]! ^ 1
  await other.write(0, bytes)
  return { one, other }
}

it('tells the pages that differ, each once and in order, whatever differs', async () => {
  const offsets = fc.uniqueArray(fc.nat(capacityBytes - 1), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(offsets, async (differing) => {
      const { one, other } = await disksThatDifferAt(differing)
      const pages = new Set(differing.map((at) => Math.floor(at / (64 * KiB)) * 64 * KiB))
      const told = await collect(differences([whole(capacityBytes)], one, other))
      expect(told.map(({ offsetBytes }) => offsetBytes)).toEqual([...pages].toSorted((a, b) => a - b))
      for (const { offsetBytes, lengthBytes } of told)
        expect(lengthBytes).toBe(Math.min(64 * KiB, capacityBytes - offsetBytes))
    }),
    { numRuns: 15 },
  )
})

it('looks inside the extents only, and tells how far it is', async () => {
  const { one, other } = await disksThatDifferAt([10, 3 * KiB * KiB])
  const compared: number[] = []
  const extents = [{ offsetBytes: KiB * KiB, lengthBytes: 3 * KiB * KiB }]
  const told = await collect(joined(differences(extents, one, other, { onCompared: (bytes) => compared.push(bytes) })))
  expect(told).toEqual([{ offsetBytes: 3 * KiB * KiB, lengthBytes: 64 * KiB }])
  expect(compared).toEqual([KiB * KiB, 3 * KiB * KiB])
})

it('ends with what a disk that cannot be read throws', async () => {
  const { one } = await disksThatDifferAt([])
  const broken = { read: () => Promise.reject(new Error('unreadable')) }
  await expect(collect(differences([whole(capacityBytes)], one, broken))).rejects.toThrow('unreadable')
})
