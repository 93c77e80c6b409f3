import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@vmkeep/kit'
import { startLab } from '@vmkeep/lab'
import { expect, it, onTestFinished } from 'vitest'
import { environmentOf, vmkeep } from '../testing.ts'

it('vm cbt status tells tracking that is in doubt, and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-cbt-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const vms = [
    { name: 'honest', cbt: true, disks: [{ capacityBytes: 2 ** 20 }] },
    { name: 'late', disks: [{ capacityBytes: 2 ** 20 }], snapshots: [{ name: 'an admin' }] },
  ]
  await using lab = await startLab({ storageFolder: folder, vms })
  await lab.vm('late').storage.setChangeTracking(true)
  await lab.vm('late').snapshot('another program')
  const env = {
    VMKEEP_STATE_DIR: join(folder, 'state'),
    ...environmentOf(lab),
  }
  const status = async (...argv: string[]) =>
    (await vmkeep(['vm', 'cbt', 'status', ...argv], { home: folder, clock: systemClock, random: systemRandom, env }))
      .stdout
  expect(await status('honest')).toMatch(/Hard disk 1 +scsi0:0 +yes/)
  const late = await status('late')
  expect(late).toMatch(/Hard disk 1 +scsi0:0 +in doubt/)
  expect(late).toContain('was switched on while the VM had snapshots')
  expect(JSON.parse(await status('late', '-o', 'json'))).toMatchObject({
    disks: [{ doubted: true }],
    warnings: [{ code: 'tracking-beside-snapshots' }],
  })
})
