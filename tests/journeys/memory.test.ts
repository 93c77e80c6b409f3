// What a guest had in memory goes into its restore point, and comes back with it: suspended, then going on where it was.
import type { BackupOptions } from '@vmkeep/backup'
import { type Extent, whole } from '@vmkeep/disk'
import { type Destination, restoreToVsphere } from '@vmkeep/restore'
import { defaultTransport } from '@vmkeep/transport'
import { describe, expect, it } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const prefer: Partial<BackupOptions> = { memory: 'prefer' }

const startWorld = (mode: 'vcenter' | 'esxi' = 'vcenter', change: object = {}) =>
  World.start({
    seed: 'memory',
    mode,
    vms: [
      {
        name: 'web',
        disks: [
          { capacityBytes: 8 * MiB, format: 'thin' },
          { capacityBytes: 4 * MiB, format: 'thin' },
        ],
        memoryMb: 64,
        ...change,
      },
    ],
  })

interface Bytes {
  readonly sizeBytes: number
  read(offsetBytes: number, target: Uint8Array): Promise<void>
}

async function bytesOf(source: Bytes, { offsetBytes, lengthBytes }: Extent = whole(source.sizeBytes)): Promise<Buffer> {
  const bytes = Buffer.alloc(lengthBytes)
  await source.read(offsetBytes, bytes)
  return bytes
}

/** Backs up a VM while its guest goes on, and remembers what it had in memory at the snapshot's instant. */
async function backedUp(world: World, change: Partial<BackupOptions> = prefer) {
  const atInstant = await bytesOf(world.lab.vm('web').memory()!)
  const { report, instant } = await world.backupAtInstant('web', change, {
    onEvent: (event) => {
      if (event.type === 'disk-phase' && event.phase === 'read')
        void world.lab.vm('web').disk().writeGuest(0, Buffer.from('on'))
    },
  })
  expect(report.outcome).toBe('ok')
  const point = await world.point(report.vms[0]!.point)
  return { report: report.vms[0]!, instant, atInstant, point }
}

describe('a backup with memory', () => {
  it.each(['vcenter', 'esxi'] as const)('keeps it as it was at the instant, of %s', async (mode) => {
    await using world = await startWorld(mode)
    const { report, instant, atInstant, point } = await backedUp(world)
    await world.expectEqual(point.id, instant)
    expect(point).toMatchObject({ format: 2, consistency: 'crash', disks: [{}, {}] })
    expect(point.homeFiles.map(({ kind }) => kind)).toContain('snapshotList')
    expect(point.memory.map(({ kind }) => kind)).toEqual(['snapshotData', 'snapshotMemory'])
    await using reader = await world.repository.openImage(point.memory[1]!.image)
    const kept = Buffer.alloc(reader.capacityBytes)
    await reader.read(0, kept)
    expect(kept.equals(atInstant)).toBe(true)
    expect(report.memory).toMatchObject({ readBytes: expect.any(Number) })
    expect(report.memory!.readBytes).toBeGreaterThanOrEqual(64 * MiB)
    expect(report.memory!.storedBytes).toBeLessThan(8 * MiB) // most of it is zeroes
    world.expectClean()
    expect(await world.repository.verify()).toMatchObject({ damaged: [] })
  })
})
