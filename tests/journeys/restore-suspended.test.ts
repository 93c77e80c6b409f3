// A VM comes back with its memory: suspended, as it was at its point, and goes on from there.
import { parseFaultRule } from '@vmkeep/lab'
import { type Destination, restoreToVsphere } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { powerOff } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { backUpWithMemory, bytesOf, filesOf, removeOriginal, startMemoryWorld } from '../support/memory-world.ts'
import { firstDifference, type Instant, type World } from '../support/world.ts'

const suspended: Destination = { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [], memory: true }

const restore = (world: World, point: VmPoint, change: Partial<Parameters<typeof restoreToVsphere>[0]> = {}) =>
  restoreToVsphere({
    session: world.session,
    repository: world.repository,
    point,
    destination: suspended,
    transport: defaultTransport,
    verify: true,
    powerOn: false,
    stateFolder: world.stateFolder,
    onEvent: (event) => world.events.push(event),
    signal: new AbortController().signal,
    ...change,
  })

async function expectDisks(world: World, name: string, point: VmPoint, instant: Instant): Promise<void> {
  const { disks } = world.lab.vm(name)
  expect(disks.map(({ key }) => key)).toEqual(point.disks.map(({ key }) => key))
  for (const disk of disks) {
    await using view = world.lab.storage.openPath(disk.backing.fileName)
    expect(await firstDifference(view, instant.get(disk.key)!)).toBeUndefined()
  }
}

describe('a VM with memory in its point', () => {
  it.each(['vcenter', 'esxi'] as const)(
    'comes back suspended, on %s, and goes on when it is powered on',
    async (mode) => {
      await using world = await startMemoryWorld({ mode })
      const { point, instant, atInstant } = await backUpWithMemory(world)
      await removeOriginal(world)
      const report = await restore(world, point)
      expect(report).toMatchObject({ vm: 'web', verified: true, disks: [{}, {}] })
      expect(report.warnings.map(({ code }) => code)).toEqual(['memory-needs-its-cpu', 'memory-goes-on-later'])
      const vm = world.lab.vm('web')
      expect(vm.powerState).toBe('suspended')
      await expectDisks(world, 'web', point, instant)
      expect((await bytesOf(vm.memory()!)).equals(atInstant)).toBe(true)
      world.expectClean()
      await world.session.call('PowerOnVM_Task', { _this: vm.ref })
      await expect.poll(() => world.lab.vm('web').powerState).toBe('on')
      expect(world.lab.vm('web').lastStart).toBe('resume')
    },
  )

  it('goes on at once where that is asked for, and is backed up again like any other', async () => {
    await using world = await startMemoryWorld()
    const { point, atInstant } = await backUpWithMemory(world)
    await removeOriginal(world)
    await restore(world, point, { powerOn: true })
    expect(world.lab.vm('web').lastStart).toBe('resume')
    expect((await bytesOf(world.lab.vm('web').memory()!)).equals(atInstant)).toBe(true)
    const again = await backUpWithMemory(world)
    expect(again.point.memory).toHaveLength(2)
    world.expectClean()
  })

  it('that cannot be powered on is whole all the same, and stays', async () => {
    await using world = await startMemoryWorld()
    const { point, instant } = await backUpWithMemory(world)
    await removeOriginal(world)
    world.lab.faults.add(parseFaultRule('PowerOnVM_Task,then=task-fault:InsufficientResourcesFault'))
    await expect(restore(world, point, { powerOn: true })).rejects.toMatchObject({ code: 'vsphere.out-of-resources' })
    expect(world.lab.vm('web').powerState).toBe('suspended')
    await expectDisks(world, 'web', point, instant)
    const notes = world.events.flatMap((event) =>
      event.type === 'note' && event.level === 'error' ? [event.code] : [],
    )
    expect(notes).toEqual([])
    world.expectClean()
  })

  it('comes back beside the original only where that is meant', async () => {
    await using world = await startMemoryWorld()
    const { point, instant } = await backUpWithMemory(world)
    const files = filesOf(world)
    await expect(restore(world, point)).rejects.toMatchObject({ code: 'restore.memory-impossible' })
    expect(filesOf(world)).toEqual(files)
    await powerOff(world.session, world.lab.vm('web').ref)
    const twin = { ...suspended, name: 'web-twin', identity: 'keep' as const }
    const { target } = await restore(world, point, { destination: twin })
    const found = world.lab.state().vms.map(({ name }) => world.lab.vm(name))
    const name = target.split('/').at(-1)!
    expect(found.find((vm) => vm.name === name)?.powerState).toBe('suspended')
    await expectDisks(world, name, point, instant)
    expect(world.lab.vm('web').powerState).toBe('off')
  })

  it('comes back switched off without --memory, as ever', async () => {
    await using world = await startMemoryWorld()
    const { point, instant } = await backUpWithMemory(world)
    await removeOriginal(world)
    await restore(world, point, { destination: { ...suspended, memory: false } })
    expect(world.lab.vm('web').powerState).toBe('off')
    await expectDisks(world, 'web', point, instant)
  })

  it.each<[string, string, string]>([
    ['the upload breaks off', 'folder.put,object=*.vmem,then=truncate:1000000', 'vsphere.reply-lost'],
    ['the list of snapshots is refused', 'folder.put,object=*.vmsd,then=http-error:500', 'vsphere.file-refused'],
    [
      'vSphere does not take it in',
      'RegisterVM_Task,times=1,then=task-fault:InvalidVmConfig',
      'vsphere.invalid-configuration',
    ],
    ['vSphere refuses to revert', 'RevertToSnapshot_Task,then=task-fault:FileFault', 'vsphere.file-fault'],
  ])('leaves nothing behind where %s', async (_, rule, code) => {
    await using world = await startMemoryWorld()
    const { point } = await backUpWithMemory(world)
    await removeOriginal(world)
    const files = filesOf(world)
    world.lab.faults.add(parseFaultRule(rule))
    await expect(restore(world, point)).rejects.toMatchObject({ code })
    expect(world.lab.state().vms).toEqual([])
    expect(filesOf(world)).toEqual(files)
    world.expectClean()
  })

  it('says so where its snapshot stays, which the next start removes', async () => {
    await using world = await startMemoryWorld()
    const { point } = await backUpWithMemory(world)
    await removeOriginal(world)
    world.lab.faults.add(parseFaultRule('RemoveSnapshot_Task,times=1,then=task-fault:GenericVmConfigFault'))
    const { warnings } = await restore(world, point)
    expect(warnings.map(({ code }) => code)).toContain('run.leftover-not-removed')
    expect(world.lab.vm('web').snapshots).toHaveLength(1)
    expect((await world.backup(['web'])).outcome).toBe('ok')
    world.expectClean()
    expect(world.lab.vm('web').powerState).toBe('suspended')
  })

  it('runs before its snapshot goes, where it is powered on: a host may still read its memory from it', async () => {
    await using world = await startMemoryWorld()
    const { point } = await backUpWithMemory(world)
    await removeOriginal(world)
    const powers: string[] = []
    const session = afterRemoval(world, () => void powers.push(world.lab.vm('web').powerState))
    await restore(world, point, { session, powerOn: true })
    expect(powers).toEqual(['on'])
  })

  it('is told of where it loses its memory with its snapshot', async () => {
    await using world = await startMemoryWorld()
    const { point } = await backUpWithMemory(world)
    await removeOriginal(world)
    const session = afterRemoval(world, () => world.lab.vm('web').power('off'))
    const { warnings } = await restore(world, point, { session })
    expect(warnings.map(({ code }) => code)).toContain('memory-lost')
  })
})

/** The world's session, and what happens on the other side right after a snapshot was asked to be removed. */
function afterRemoval({ session }: World, happens: () => unknown): World['session'] {
  const call = async (...asked: Parameters<World['session']['call']>) => {
    const answer = await session.call(...asked)
    if (asked[0] === 'RemoveSnapshot_Task') await happens()
    return answer
  }
  const get = (target: World['session'], key: keyof World['session']): unknown => {
    const value = Reflect.get(target, key, target)
    if (key === 'call') return call
    return typeof value === 'function' ? (value as () => unknown).bind(target) : value
  }
  return new Proxy(session, { get: (target, key) => get(target, key as keyof World['session']) })
}
