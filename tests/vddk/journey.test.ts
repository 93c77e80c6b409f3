// Backups and restores by VMware's own library: a make-believe one that reads the lab's disks, and goes down in every way it can.
import { join } from 'node:path'
import { isAlive, seededRandom } from '@vmkeep/kit'
import type { TransportSettings } from '@vmkeep/transport'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import type { Session } from '@vmkeep/vsphere'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { sessionWithDisks } from '../support/fake-vddk.ts'
import { busyGuest, randomWrite } from '../support/guest.ts'
import { World } from '../support/world.ts'

const why = await whyNoFakeVddk()
const MiB = 2 ** 20
const capacityBytes = 16 * MiB

let world: World
let fake: FakeVddk
let session: Session
let transport: TransportSettings

beforeEach(async (context) => {
  if (why !== undefined) return context.skip(why)
  fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  world = await World.start({
    seed: 'vddk',
    vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes }, { capacityBytes: 8 * MiB + 512, format: 'thick' }] }],
  })
  onTestFinished(() => world[Symbol.asyncDispose]())
  for (const disk of world.lab.vm('web').disks)
    await disk.writeGuest(MiB, Buffer.alloc(6 * MiB, seededRandom(disk.key).bytes(65_537)))
  session = sessionWithDisks(world.session, world.lab, 'web', fake)
  transport = { order: ['vddk', 'nbdssl'], compression: 'skipz', vddk: { library: fake.root }, silenceMs: 60_000 }
})

const notes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
const transportsOf = (report: Awaited<ReturnType<World['backup']>>) =>
  report.vms[0]!.disks.map(({ transport: name }) => name).toSorted()

describe('a backup by the library', () => {
  it('holds the instant of its snapshot while the guest writes, full and incremental', async () => {
    await using _guest = busyGuest(world.lab.vm('web'), 'busy')
    for (const mode of ['full', 'incremental']) {
      const { report, instant } = await world.backupAtInstant('web', { transport }, { session })
      expect(report).toMatchObject({
        outcome: 'ok',
        vms: [
          {
            disks: [
              { mode, transport: 'vddk' },
              { mode, transport: 'vddk' },
            ],
          },
        ],
      })
      await world.expectEqual(report.vms[0]!.point, instant)
      await randomWrite(world.lab.vm('web'), seededRandom(mode))
    }
    expect(world.lab.stats.nfcConnections).toBe(0)
    const calls = (await fake.calls()).map(({ call }) => call)
    expect(calls.filter((call) => /^(Open|Close|Disconnect)/.test(call))).toHaveLength(12)
    expect(calls.filter((call) => call.startsWith('ConnectEx'))).toEqual(
      Array<unknown>(4).fill(expect.stringMatching(/ ro cookie snapshot snapshot-\d+ modes san:hotadd:nbdssl:nbd /)),
    )
    expect(calls.filter((call) => call.startsWith('VIOLATION'))).toEqual([])
    world.expectClean()
  })

  it('goes on in a fresh process when the library crashes once', async () => {
    await fake.rules('asyncRead 4 crash!')
    const { report, instant } = await world.backupAtInstant('web', { transport }, { session })
    expect(transportsOf(report)).toEqual(['vddk', 'vddk'])
    expect(notes()).toContainEqual(
      expect.stringMatching(/^reconnected: the process of libvixDiskLib ended \(SIGSEGV\)/),
    )
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it.each([
    [
      'crashes again and again',
      'asyncRead 2 crash',
      /^vddk failed, nbdssl goes on: the process of libvixDiskLib ended/,
    ],
    ['hangs again and again', 'asyncRead 2 hang', /^vddk failed, nbdssl goes on: libvixDiskLib did not come back/],
    ['panics at its start', 'InitEx 0 panic', /^vddk failed, nbdssl goes on: .*panic: NOT_REACHED/],
  ])('is finished over the network when the library %s', async (_name, rule, note) => {
    await fake.rules(rule)
    const patient = { ...transport, silenceMs: 1500 }
    const { report, instant } = await world.backupAtInstant('web', { transport: patient }, { session })
    expect(report.outcome).toBe('ok')
    expect(transportsOf(report)).toContain('nbdssl')
    expect(notes()).toContainEqual(expect.stringMatching(note))
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('is finished over the network when the library refuses, whatever and wherever', async () => {
    for (const [what, rule, note] of [
      ['refuses to read', 'asyncRead 2 error 4242', /^vddk failed, nbdssl goes on: .*with 4242 /],
      ['does not find the disk', 'Open 0 error 4', /^vddk failed, nbdssl goes on: .* there is no such disk/],
      ['cannot reach the host', 'ConnectEx 0 error 14009', /^vddk failed, nbdssl goes on: .*open TCP 902/],
    ] as const) {
      await fake.rules(rule)
      world.events.length = 0
      const { report, instant } = await world.backupAtInstant('web', { transport, fullRead: true }, { session })
      expect(report.vms[0]!.error, what).toBeUndefined()
      expect(transportsOf(report), what).toContain('nbdssl')
      expect(notes()).toContainEqual(expect.stringMatching(note))
      await world.expectEqual(report.vms[0]!.point, instant)
    }
    world.expectClean()
  })

  it('goes on when somebody kills the process of the library', async () => {
    const killed: number[] = []
    const onEvent = ({ type }: { type: string }) => {
      if (type !== 'disk-progress' || killed.length > 0) return
      killed.push(0)
      void fake.calls().then((calls) => {
        killed[0] = calls[0]!.thread
        process.kill(killed[0], 'SIGKILL')
      })
    }
    const { report, instant } = await world.backupAtInstant('web', { transport }, { session, onEvent })
    expect(report.outcome).toBe('ok')
    await world.expectEqual(report.vms[0]!.point, instant)
    world.expectClean()
  })

  it('fails where there is nothing else, and leaves no snapshot and no process behind', async () => {
    await fake.rules('asyncRead 2 crash')
    const only = { ...transport, order: ['vddk'] as const }
    const report = await world.backup(['web'], { transport: only }, { session })
    expect(report.vms[0]).toMatchObject({ outcome: 'failed', error: { code: 'backup.reading-disk' } })
    expect(report.vms[0]!.error!.message).toContain('libvixDiskLib ended (SIGSEGV)')
    const pids = new Set(
      (await fake.calls()).filter(({ call }) => call.startsWith('InitEx')).map(({ thread }) => thread),
    )
    for (const pid of pids) expect(await isAlive({ pid, startTicks: 0 })).toBe(false)
    world.expectClean()
  })

  it('says in its plan why the library is not used', async () => {
    const nowhere = { ...transport, vddk: { library: join(world.folder, 'nowhere') } }
    const report = await world.backup(['web'], { transport: { ...nowhere, order: ['vddk'] } })
    expect(JSON.stringify(report)).toContain('None of the transports allowed (vddk) reaches it.')
    expect(transportsOf(await world.backup(['web'], { transport: nowhere }))).toEqual(['nbdssl', 'nbdssl'])
  })
})
