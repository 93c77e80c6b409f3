// A VM with as many disks as four SCSI controllers take: all of them are in the point, and what grows with them is in blobs.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const diskCount = 60

it('backs up and restores a VM with 60 disks and long names', async () => {
  const name = `${'very-long-name-of-a-machine-'.repeat(2)}数据库` // of at most 80 characters, vSphere's limit
  const disks = Array.from({ length: diskCount }, () => ({ capacityBytes: MiB, format: 'thin' as const }))
  await using world = await World.start({ seed: 'many-disks', vms: [{ name, disks }] })
  for (const disk of world.lab.vm(name).disks) await disk.writeGuest(4096, seededRandom(disk.key).bytes(8192))

  const { report, instant } = await world.backupAtInstant(name)
  expect(report).toMatchObject({ outcome: 'ok' })
  const id = report.vms[0]!.point!
  await world.expectEqual(id, instant)
  expect(instant.size).toBe(diskCount)

  const { size } = await stat(join(world.folder, 'repository', 'points', id))
  expect(size / diskCount).toBeLessThan(1536) // so that 256 disks, vSphere's maximum, stay far below the format's 1 MiB
  const { configXml } = await world.point(id)
  expect((await world.repository.readBlob(configXml)).length).toBeGreaterThan(0) // it grows with the devices: a blob
  expect(await world.backup([name])).toMatchObject({ outcome: 'ok' })
  world.expectClean()
})
