// What a guest has in memory goes into its restore point, where that is asked for.
import type { BackupOptions } from '@vmkeep/backup'
import { parseFaultRule } from '@vmkeep/lab'
import type { VmPoint } from '@vmkeep/run'
import { describe, expect, it } from 'vitest'
import { backUpWithMemory, bytesOf, startMemoryWorld } from '../support/memory-world.ts'
import type { World } from '../support/world.ts'

const MiB = 1024 * 1024
const prefer: Partial<BackupOptions> = { memory: 'prefer' }

/** The memory as the repository keeps it. */
async function keptOf(world: World, point: VmPoint): Promise<Buffer> {
  await using reader = await world.repository.openImage(point.memory[1]!.image)
  return await bytesOf({
    sizeBytes: reader.capacityBytes,
    read: (offsetBytes, target) => reader.read(offsetBytes, target),
  })
}

describe('a backup with memory', () => {
  it.each(['vcenter', 'esxi'] as const)('keeps it as it was at the instant, of %s', async (mode) => {
    await using world = await startMemoryWorld({ mode })
    const { report, instant, atInstant, point } = await backUpWithMemory(world)
    await world.expectEqual(point.id, instant)
    expect(point).toMatchObject({ format: 2, consistency: 'crash', disks: [{}, {}] })
    expect(point.homeFiles.map(({ kind }) => kind)).toContain('snapshotList')
    expect(point.memory.map(({ kind }) => kind)).toEqual(['snapshotData', 'snapshotMemory'])
    expect((await keptOf(world, point)).equals(atInstant)).toBe(true)
    expect(report.memory).toMatchObject({ readBytes: expect.any(Number) })
    expect(report.memory!.readBytes).toBeGreaterThanOrEqual(16 * MiB)
    expect(report.memory!.storedBytes).toBeLessThan(4 * MiB) // most of it is zeroes
    world.expectClean()
    expect(await world.repository.verify()).toMatchObject({ damaged: [] })
  })

  it('reads on where a download broke off', async () => {
    await using world = await startMemoryWorld()
    world.lab.faults.add(parseFaultRule('folder.get,object=*.vmem,times=2,then=truncate:3000000'))
    const { atInstant, point } = await backUpWithMemory(world)
    expect((await keptOf(world, point)).equals(atInstant)).toBe(true)
  })

  it.each<[string, string]>([
    [
      'vSphere refuses such a snapshot',
      'CreateSnapshotEx_Task,times=1,then=task-fault:MemorySnapshotOnIndependentDisk',
    ],
    ['the file cannot be had', 'folder.get,object=*.vmem,then=http-error:500'],
    ['the list of snapshots cannot be had', 'folder.get,object=*.vmsd,then=http-error:404'],
  ])('goes on without it where %s, and says so; or fails, if it is required', async (_, rule) => {
    await using world = await startMemoryWorld()
    world.lab.faults.add(parseFaultRule(rule))
    const { report, instant, point } = await backUpWithMemory(world)
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
    await using world = await startMemoryWorld()
    await world.lab.vm('web').snapshot('before the update')
    const { report, point } = await backUpWithMemory(world, { ...prefer, quiesce: 'prefer' })
    expect(report).toMatchObject({ consistency: 'quiesced' })
    const why = report.warnings.find(({ code }) => code === 'memory-not-stored')
    expect(why?.message).toContain('other snapshots')
    expect(point.memory).toEqual([])
    const required = await world.backup(['web'], { memory: 'require' })
    expect(required.vms[0]).toMatchObject({ outcome: 'failed', error: { code: 'backup.memory-required' } })
    world.expectClean(['before the update'])
  })

  it('of a VM that is off needs none, even if it is required', async () => {
    await using world = await startMemoryWorld({ power: 'off' })
    const required = await world.backup(['web'], { memory: 'require' })
    expect(required.vms[0]).toMatchObject({ outcome: 'ok', warnings: [] })
    expect((await world.point(required.vms[0]!.point)).memory).toEqual([])
  })

  it('makes points that build on each other, whatever the one before had of memory', async () => {
    await using world = await startMemoryWorld()
    await backUpWithMemory(world)
    const { report, instant, point } = await backUpWithMemory(world)
    expect(report.disks.map(({ mode }) => mode)).toEqual(['incremental', 'incremental'])
    await world.expectEqual(point.id, instant)
    const without = await backUpWithMemory(world, {})
    expect(without.report.disks.map(({ mode }) => mode)).toEqual(['incremental', 'incremental'])
    expect(without.point).toMatchObject({ format: 1, memory: [] })
  })
})
