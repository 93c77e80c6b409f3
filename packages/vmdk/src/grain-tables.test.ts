import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { GrainTables } from './grain-tables.ts'
import { createVmdkFile } from './new-vmdk-file.ts'
import { bytesOf } from './sectors.ts'
import { decodeEntries, tableEntries } from './sparse-header-format.ts'
import { grainBytes, sparseLayout, tableOffsetBytes } from './sparse-layout.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-tables-'))
})
afterEach(() => rm(folder, { recursive: true }))

const tables = 12
const layout = sparseLayout(tables * tableEntries * grainBytes, 0)
const anyGrain = fc.nat(tables * tableEntries - 1)
const anySteps = fc.array(fc.record({ grain: anyGrain, sector: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }), {
  maxLength: 60,
})

it('remembers every grain with three tables in memory, in both copies once flushed', () =>
  fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      await using file = await createVmdkFile(join(folder, 'disk'))
      await file.resize(bytesOf(layout.overHeadSectors))
      const grains = new GrainTables(file, layout, 3)
      const model = new Map<number, number>()
      for (const { grain, sector } of steps) {
        expect(await grains.get(grain)).toBe(model.get(grain) ?? 0)
        await grains.set(grain, sector)
        model.set(grain, sector)
      }
      await grains.flush()
      for (const firstSector of [layout.gtOffsetSectors, layout.rgtOffsetSectors])
        for (const [grain, sector] of model) {
          const table = new Uint8Array(tableEntries * 4)
          await file.read(tableOffsetBytes(firstSector, Math.floor(grain / tableEntries)), table)
          expect(decodeEntries(table)[grain % tableEntries]).toBe(sector)
        }
    }),
    { numRuns: 25 },
  ))
