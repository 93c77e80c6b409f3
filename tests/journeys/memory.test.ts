// What a guest had in memory goes into its restore point, and comes back with it: suspended, then going on where it was.
import type { BackupOptions } from '@vmkeep/backup'
import { type Extent, whole } from '@vmkeep/disk'
import { describe, expect, it } from 'vitest'
import { parseFaultRule } from '@vmkeep/lab'
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

  it('reads on where a download broke off', async () => {
    await using world = await startWorld()
    world.lab.faults.add(parseFaultRule('folder.get,object=*.vmem,times=2,then=truncate:3000000'))
    const { atInstant, point } = await backedUp(world)
    await using reader = await world.repository.openImage(point.memory[1]!.image)
    const kept = Buffer.alloc(reader.capacityBytes)
    await reader.read(0, kept)
    expect(kept.equals(atInstant)).toBe(true)
  })

  it.each<[string, string]>([
    [
      'vSphere refuses such a snapshot',
      'CreateSnapshotEx_Task,times=1,then=task-fault:MemorySnapshotOnIndependentDisk',
    ],
    ['the file cannot be had', 'folder.get,object=*.vmem,then=http-error:500'],
    ['the list of snapshots cannot be had', 'folder.get,object=*.vmsd,then=http-error:404'],
  ])('goes on without it where %s, and says so; or fails, if it is required', async (_, rule) => {
    await using world = await startWorld()
    world.lab.faults.add(parseFaultRule(rule))
    const { report, instant, point } = await backedUp(world)
    await world.expectEqual(point.id, instant)
    expect(point).toMatchObject({ format: 1, memory: [] })
    expect(report.warnings).toEqual([expect.objectContaining({ code: 'memory-not-stored' })])
    expect(point.warnings).toEqual(report.warnings)
    world.expectClean()
    world.lab.faults.add(parseFaultRule(rule))
    const required = await world.backup(['web'], { memory: 'require' })
    expect(required.vms[0]).toMatchObject({ outcome: 'failed', error: { code: 'backup.memory-required' } })
    expect(required.vms[0]).not.toHaveProperty('point')
    world.expectClean()
  })

  it('of a VM that cannot have one is told beforehand, and made as usual', async () => {
    await using world = await startWorld()
    await world.lab.vm('web').snapshot('before the update')
    const { report, point } = await backedUp(world, { ...prefer, quiesce: 'prefer' })
    expect(report).toMatchObject({ consistency: 'quiesced' })
    const why = report.warnings.find(({ code }) => code === 'memory-not-stored')
    expect(why?.message).toContain('other snapshots')
    expect(point.memory).toEqual([])
    const required = await world.backup(['web'], { memory: 'require' })
    expect(required.vms[0]).toMatchObject({ outcome: 'failed', error: { code: 'backup.memory-required' } })
    world.expectClean(['before the update'])
  })

  it('of a VM that is off needs none, even if it is required', async () => {
    await using world = await startWorld('vcenter', { power: 'off' })
    const required = await world.backup(['web'], { memory: 'require' })
    expect(required.vms[0]).toMatchObject({ outcome: 'ok', warnings: [] })
    expect((await world.point(required.vms[0]!.point)).memory).toEqual([])
  })

  it('makes points that build on each other, whatever the one before had of memory', async () => {
    await using world = await startWorld()
    await backedUp(world)
    const { report, instant, point } = await backedUp(world)
    expect(report.disks.map(({ mode }) => mode)).toEqual(['incremental', 'incremental'])
    await world.expectEqual(point.id, instant)
    const without = await backedUp(world, {})
    expect(without.report.disks.map(({ mode }) => mode)).toEqual(['incremental', 'incremental'])
    expect(without.point).toMatchObject({ format: 1, memory: [] })
  })
})
