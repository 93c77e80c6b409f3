// How consistent a restore point is: what was asked for, what vSphere made of it, and that the one is never told for the other.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BackupOptions, RunReport } from '@vmkeep/backup'
import { collect } from '@vmkeep/kit'
import { parseFaultRule, type VmDescription } from '@vmkeep/lab'
import { listVms, waitForRunningTasks } from '@vmkeep/vsphere'
import { World } from '../support/world.ts'

const disk = { capacityBytes: 1 << 20 }
const sql: VmDescription = {
  name: 'sql',
  guestId: 'windows2019srvNext_64Guest',
  extraConfig: { 'disk.EnableUUID': 'TRUE' },
  disks: [disk],
}
const linux: VmDescription = { name: 'linux', disks: [disk] }

async function backedUp(
  vm: VmDescription,
  quiesce: BackupOptions['quiesce'],
  rules: readonly string[] = [],
): Promise<{ world: World; vm: RunReport['vms'][number] }> {
  const world = await World.start({ seed: 'consistency', vms: [vm] })
  for (const rule of rules) world.lab.faults.add(parseFaultRule(rule))
  const { vms } = await world.backup([vm.name], { quiesce })
  return { world, vm: vms[0]! }
}

const codesOf = ({ warnings }: RunReport['vms'][number]) => warnings.map(({ code }) => code)
const quiesceFails = (times: number) => `CreateSnapshot*_Task,times=${times},then=task-fault:ApplicationQuiesceFault`

describe('an application-consistent restore point', () => {
  it("is one when VSS's manifest lists writers, and keeps the manifest", async () => {
    const { world, vm } = await backedUp(sql, 'require-application')
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', consistency: 'application', warnings: [] })
    const point = await world.point(vm.point)
    expect(point).toMatchObject({ consistency: 'application', quiesceAsked: 'require-application', warnings: [] })
    const { blob } = point.homeFiles.find(({ kind }) => kind === 'vss-manifest')!
    expect(Buffer.from(await world.repository.readBlob(blob)).includes('writer0.xml')).toBe(true)
    world.expectClean()
  })

  it.each<[string, VmDescription, string[], string, string[]]>([
    ['all is well', sql, [], 'application', []],
    [
      'VSS comes no further than file systems',
      sql,
      ['CreateSnapshot*_Task,then=file-system-only'],
      'quiesced',
      ['application-not-reached'],
    ],
    [
      'a disk is not SCSI',
      { ...sql, disks: [disk, { ...disk, controller: 'sata' }] },
      [],
      'quiesced',
      ['application-not-scsi', 'application-not-reached'],
    ],
    [
      'disk uuids are off',
      { ...sql, extraConfig: {} },
      [],
      'quiesced',
      ['application-disk-uuids', 'application-not-reached'],
    ],
    ['applications refuse', sql, [quiesceFails(1)], 'quiesced', ['application-failed']],
    ['applications and file systems refuse', sql, [quiesceFails(2)], 'crash', ['application-failed', 'quiesce-failed']],
    ['the wish is ignored in silence', sql, ['CreateSnapshot*_Task,then=ignore-quiesce'], 'crash', ['quiesce-ignored']],
    ['Tools are missing', { ...sql, tools: 'missing' }, [], 'crash', ['application-tools', 'quiesce-ignored']],
    [
      'the manifest is lost',
      sql,
      ['folder.get,object=*zip,then=http-error:404'],
      'quiesced',
      ['vss-manifest-missing', 'application-not-reached'],
    ],
    ['the guest has no VSS', linux, [], 'quiesced', []],
  ])('is taken for what it is when %s', async (_, described, rules, consistency, codes) => {
    const { world, vm } = await backedUp(described, 'application', rules)
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', consistency })
    expect(codesOf(vm)).toEqual(codes)
    expect(await world.point(vm.point)).toMatchObject({ consistency, warnings: vm.warnings })
    world.expectClean()
  })

  it.each<[string, VmDescription, string[], string]>([
    [
      'VSS comes no further than file systems',
      sql,
      ['CreateSnapshot*_Task,then=file-system-only'],
      'backup.application-required',
    ],
    ['a disk is not SCSI', { ...sql, disks: [{ ...disk, controller: 'sata' }] }, [], 'backup.application-required'],
    ['applications refuse', sql, [quiesceFails(1)], 'backup.application-required'],
    [
      'the wish is ignored in silence',
      sql,
      ['CreateSnapshot*_Task,then=ignore-quiesce'],
      'backup.application-required',
    ],
    ['the manifest is lost', sql, ['folder.get,object=*zip,then=http-error:404'], 'backup.application-required'],
    ['a guest without VSS is not quiesced', { ...linux, tools: 'missing' }, [], 'backup.quiesce-required'],
  ])('is made or none, where it is required and %s', async (_, described, rules, code) => {
    const { world, vm } = await backedUp(described, 'require-application', rules)
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'failed', error: { code } })
    expect(vm.point).toBeUndefined()
    world.expectClean()
  })

  it('is told of where nobody asked for it', async () => {
    const { world, vm } = await backedUp(sql, 'prefer')
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', consistency: 'application', warnings: [] })
  })
})

describe('scripts around the snapshot', () => {
  async function withScripts(pre: string, ifPreFails: 'fail' | 'continue', rule?: string) {
    const world = await World.start({ seed: 'scripts', vms: [linux] })
    if (rule !== undefined) world.lab.faults.add(parseFaultRule(rule))
    const script = async (name: string, body: string) => {
      const path = join(world.folder, name)
      await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o700 })
      return path
    }
    const scripts = {
      pre: await script('pre', pre),
      post: await script('post', 'echo "$VMKEEP_PHASE of $VMKEEP_VM_NAME: $VMKEEP_SNAPSHOT"'),
      timeoutSeconds: 600,
      ifPreFails,
    }
    const { vms } = await world.backup(['linux'], { scripts })
    const said = world.events.flatMap((event) =>
      event.type === 'note' && event.code === 'script-output' ? [event.message.replace(/^.*said: /s, '')] : [],
    )
    return { world, vm: vms[0]!, said }
  }

  it('run, and what they say is noted', async () => {
    const { world, vm, said } = await withScripts('echo "$VMKEEP_PHASE of $VMKEEP_VM_NAME"', 'fail')
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [] })
    expect(said).toEqual(['pre of linux', 'post of linux: ok'])
  })

  it('fail the VM without a snapshot when the first fails, and the second runs', async () => {
    const { world, vm, said } = await withScripts('exit 9', 'fail')
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'failed', error: { code: 'backup.script-failed' } })
    expect(said).toEqual(['post of linux: failed'])
    world.expectClean()
  })

  it('warn when the first fails and the policy goes on', async () => {
    const { world, vm, said } = await withScripts('exit 9', 'continue')
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [{ code: 'pre-script-failed' }] })
    expect(said).toEqual(['post of linux: ok'])
  })

  it('end with the second when the snapshot fails', async () => {
    const rule = 'CreateSnapshot*_Task,then=task-fault:SnapshotDisabled'
    const { world, vm, said } = await withScripts('true', 'fail', rule)
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'failed', error: { code: 'vsphere.snapshot-disabled' } })
    expect(said).toEqual(['post of linux: failed'])
    world.expectClean()
  })
})

it('a run that is cancelled while vSphere still makes the snapshot waits for it, and takes it away', async () => {
  await using world = await World.start({ seed: 'cancelled', vms: [linux], taskDurationMs: 400 })
  const controller = new AbortController()
  const session = new Proxy(world.session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return async (...given: unknown[]) => {
        const answer: unknown = await Reflect.apply(value, target, given)
        if (given[0] === 'CreateSnapshotEx_Task') controller.abort(new Error('Ctrl-C'))
        return answer
      }
    },
  })
  const { outcome } = await world.backup(['linux'], { quiesce: 'prefer' }, { session, signal: controller.signal })
  expect(outcome).toBe('cancelled')
  const [vm] = await collect(listVms(world.session))
  await waitForRunningTasks(world.session, vm!.ref) // nothing comes later either
  world.expectClean()
})
