// What a backup gives its points, and what retention makes of it: tags, flags, and a day on which somebody encrypts the VM.
import { type Random, seededRandom } from '@vmkeep/kit'
import type { RestorePoint } from '@vmkeep/repository'
import { explain, factsOf, findSuspects, parseRetentionPolicy, planRetention } from '@vmkeep/retention'
import { expect, it } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
/** Half noise, half the same: it compresses to about a half, and is never known already. */
const document = (random: Random, sizeBytes: number) =>
  Buffer.concat(
    Array.from({ length: sizeBytes / 1024 }, () => Buffer.concat([random.bytes(512), Buffer.alloc(512, 'text')])),
  )

it('keeps a suspect point and all before it until somebody clears it, and flags the first of a year', async () => {
  const random = seededRandom('retention')
  const disks = [{ capacityBytes: 16 * MiB, format: 'thin' as const }]
  await using world = await World.start({ seed: 'retention', vms: [{ name: 'web-01', disks }] })
  const [disk] = world.lab.vm('web-01').disks
  const gfs = { timeZone: 'UTC', gfs: { yearly: 7 } }
  const backUp = async (offsetBytes: number, bytes: Uint8Array) => {
    await disk!.writeGuest(offsetBytes, bytes)
    const report = await world.backup(['web-01'], { tags: ['nightly'], gfs })
    expect(report).toMatchObject({ outcome: 'ok' })
    return report.vms[0]!
  }
  const ids: string[] = []
  for (let day = 0; day < 6; day++) {
    const { point, warnings } = await backUp(day === 0 ? 0 : 2 * MiB, document(random, day === 0 ? 8 * MiB : MiB / 4))
    expect(warnings).toEqual([])
    ids.push(point!)
  }
  const attack = await backUp(0, random.bytes(6 * MiB))
  expect(attack.warnings).toMatchObject([{ code: 'point-suspect' }])
  ids.push(attack.point!, (await backUp(0, random.bytes(MiB / 4))).point!)

  const first = await world.repository.point(ids[0]!)
  expect(first).toMatchObject({ tags: ['nightly'], gfs: [{ period: 'yearly' }] })
  const policy = parseRetentionPolicy({ keepLast: 1, guards: { minAge: '0h' } })
  const plan = async () => {
    const facts = []
    for await (const point of world.repository.points()) facts.push(factsOf(point as RestorePoint))
    const { decisions } = planRetention(findSuspects(facts), policy, Date.now())
    return decisions.toReversed().map((decision) => explain(decision).join('; '))
  }
  const before = await plan()
  expect(before[0]).toMatch(/^kept: yearly by its GFS flag until 20/)
  for (const reasons of before.slice(1, 6)) expect(reasons).toMatch(/^would go, but older than the suspect point/)
  expect(before[6]).toMatch(/^would go, but suspect and not cleared: 3\d(\.\d+)? % of the disks is new/)
  expect(before[7]).toContain('kept: last 1 of 1')

  await world.repository.markPoint(attack.point!, { kind: 'clear', reason: 'a test' })
  expect((await plan()).slice(1, 7)).toEqual(Array.from({ length: 6 }, () => 'removed: no rule keeps it'))
})
