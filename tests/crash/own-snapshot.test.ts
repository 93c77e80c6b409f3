// Whose snapshot it is that a backup takes away, and when it says that it waits for a place.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultLimits } from '@vmkeep/backup'
import { formatMarker, type RunEvent } from '@vmkeep/run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const disks = [4, 2].map((size) => ({ capacityBytes: size * MiB, format: 'thin' as const }))

let world: World
beforeAll(async () => {
  world = await World.start({ seed: 'own snapshot', vms: ['web', 'db'].map((name) => ({ name, disks })) })
})
afterAll(() => world[Symbol.asyncDispose]())

const waits = (events: readonly RunEvent[]) => events.filter((event) => 'phase' in event && event.phase === 'waiting')

describe('a run', () => {
  it('says nothing of waiting where there is a place for everybody', async () => {
    const seen = world.events.length
    expect(await world.backup(['web', 'db'])).toMatchObject({ outcome: 'ok' })
    expect(waits(world.events.slice(seen))).toEqual([])
  })

  it('says what a VM and a disk wait for where there is none', async () => {
    expect(await waitsWith({ snapshotsPerDatastoreMax: 1 }, ['web', 'db'])).toMatchObject([
      { type: 'vm-phase', detail: expect.stringMatching(/^a place on /) },
    ])
    expect(await waitsWith({ disksPerHostMax: 1 }, ['web'])).toMatchObject([
      { type: 'disk-phase', vm: 'web', detail: expect.stringMatching(/^a place on host /) },
    ])
  })

  async function waitsWith(limits: object, vms: readonly string[]): Promise<RunEvent[]> {
    const seen = world.events.length
    const report = await world.backup(vms, { limits: { ...defaultLimits, ...limits } })
    expect(report.outcome).toBe('ok')
    return waits(world.events.slice(seen))
  }
})

describe('a snapshot of somebody else that bears exactly our name', () => {
  const web = () => world.lab.vm('web')

  /** Makes it as soon as an event comes of which `isTheMoment`. */
  async function backupWithNamesake(isTheMoment: (event: RunEvent) => boolean) {
    const instanceId = await readFile(join(world.stateFolder, 'instance-id'), 'utf8')
    const vmUuid = (await world.point((await world.backup(['web'])).vms[0]!.point)).instanceUuid
    let [runId, name] = ['', '']
    const onEvent = (event: RunEvent) => {
      if (event.type === 'run-started') runId = event.runId
      if (name !== '' || !isTheMoment(event)) return
      name = formatMarker({ instanceId, runId, vmUuid })
      void web().snapshot(name) // without our description
    }
    const report = await world.backup(['web'], {}, { onEvent })
    expect(web().snapshots.map((snapshot) => snapshot.name)).toEqual([name])
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
    expect(world.events.some((event) => 'code' in event && event.code === 'backup.snapshot-not-ours')).toBe(true)
    await web().removeSnapshots()
    return report
  }

  it('is left where it is when it appears during the run, which saves the VM and says what it found', async () => {
    const report = await backupWithNamesake((event) => event.type === 'disk-phase' && event.phase === 'query')
    const [vm] = report.vms
    expect(vm).toMatchObject({ outcome: 'partial', error: { code: 'backup.snapshot-not-ours' } })
    expect(vm!.point).toBeDefined()
  })

  it('is not taken for ours when it was there first: nothing is saved of it, and it stays', async () => {
    const report = await backupWithNamesake((event) => event.type === 'run-started')
    const [vm] = report.vms
    expect(vm).toMatchObject({ outcome: 'failed', error: { code: 'backup.snapshot-not-ours' } })
    expect(vm!.point).toBeUndefined()
  })
})
