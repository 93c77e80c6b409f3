// Restore points of encrypted disks that were read past the host that has the key: verify finds them by what they hold.
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { findNoise } from '@vmkeep/restore'
import { expect, it } from 'vitest'
import { vmkeep } from '../support/command-line.ts'
import { passphrase, World } from '../support/world.ts'

const MiB = 2 ** 20
const { signal } = new AbortController()

it('a point of an encrypted disk that starts with noise is told, with what to do, unless it was read whole through the host', async () => {
  const disk = { capacityBytes: MiB, encrypted: true }
  await using world = await World.start({
    seed: 'noise',
    vms: [
      { name: 'noisy', encrypted: true, cbt: true, disks: [disk] },
      { name: 'clear', encrypted: true, cbt: true, disks: [disk] },
      { name: 'plain', cbt: true, disks: [{ capacityBytes: MiB }] },
    ],
  })
  const names = ['noisy', 'clear', 'plain']
  // The lab encrypts nothing: the guest writes what an encrypted file would hold.
  const write = (name: string, offsetBytes: number) =>
    world.lab.vm(name).disk().writeGuest(offsetBytes, seededRandom(name).bytes(4096))
  for (const name of names) await write(name, name === 'clear' ? 65_536 : 0)
  const backUp = async () => {
    const { vms } = await world.backup(names, { auditDays: 0 })
    const points = await Promise.all(vms.map(({ point }) => world.point(point)))
    return new Map(points.map((point) => [point.name, point]))
  }
  const noiseIn = async (points: Awaited<ReturnType<typeof backUp>>) =>
    (await Promise.all([...points.values()].map((point) => findNoise(world.repository, point, signal)))).flat()

  const full = await backUp()
  expect(full.get('noisy')!.disks).toMatchObject([{ mode: 'full', transport: 'nbdssl' }])
  expect(await noiseIn(full)).toEqual([])
  const old = [...full].map(([name, point]) => {
    const disks = point.disks.map(({ transport: _, ...rest }) => rest) // points did not say by what they were read
    return [name, { ...point, disks }] as const
  })
  const label = 'Hard disk 1'
  expect(await noiseIn(new Map(old))).toEqual([
    { point: full.get('noisy')!.id, vm: 'noisy', label, address: 'scsi0:0' },
  ])

  for (const name of names) await write(name, 131_072)
  const next = await backUp()
  expect(next.get('noisy')!.disks).toMatchObject([{ mode: 'incremental' }])
  expect((await noiseIn(next)).map(({ vm }) => vm)).toEqual(['noisy']) // what has not changed is as it was read before
  const verify = await vmkeep(['verify', '--repo', join(world.folder, 'repository')], {
    VMKEEP_REPO_KEY: passphrase.reveal(),
  })
  expect(verify).toMatchObject({ exitCode: 3 })
  const id = next.get('noisy')!.id
  expect(verify.stderr).toMatch(
    new RegExp(`point ${id}: Hard disk 1 of noisy seems to be noise: .*"vmkeep backup noisy --full"`),
  )
  expect(verify.stderr.match(/seems to be noise/g)).toHaveLength(1)
  const to = ['--to-files', join(world.folder, 'out'), '--repo', join(world.folder, 'repository')]
  const restore = await vmkeep(['restore', '--point', id, ...to], { VMKEEP_REPO_KEY: passphrase.reveal() })
  expect(restore).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('seems to be noise') as string })
}, 60_000)
