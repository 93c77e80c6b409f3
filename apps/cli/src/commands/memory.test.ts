import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@vmkeep/kit'
import { type Lab, startLab } from '@vmkeep/lab'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { environmentOf, vmkeep } from '../testing.ts'

// What the command line says of the memory of guests: before a backup, after it, and before it comes back.

let folder: string
let lab: Lab

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-memory-'))
  const vms = [{ name: 'web', memoryMb: 4, disks: [{ capacityBytes: 2 ** 20 }, { capacityBytes: 2 ** 20 }] }]
  lab = await startLab({ storageFolder: folder, vms })
  expect(await run('repo', 'init', '--recovery-code-file', join(folder, 'code'))).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function run(...argv: string[]) {
  const env = {
    VMKEEP_REPO: join(folder, 'repository'),
    VMKEEP_REPO_KEY: 'a passphrase of some length',
    VMKEEP_STATE_DIR: join(folder, 'state'),
    ...environmentOf(lab),
  }
  return vmkeep(argv, { home: folder, clock: systemClock, random: systemRandom, env })
}

it('is told by plan, backup, point list, point show and a dry run of its restore', async () => {
  expect((await run('plan', 'web', '--memory', 'prefer')).stdout).toContain("with the guest's memory")
  expect((await run('plan', 'web')).stdout).not.toContain('memory')
  expect((await run('backup', 'web', '--memory', 'prefer')).stdout).toContain('its memory is kept too')
  const [point] = JSON.parse((await run('point', 'list', '-o', 'json')).stdout) as { id: string; disks: number }[]
  expect(point).toMatchObject({ disks: 2, mode: 'full' })
  expect((await run('point', 'show', point!.id)).stdout).toMatch(/memory: +4 MiB, so that it can come back suspended/)
  const dry = ['restore', 'web', '--to-vsphere', '--memory', '--dry-run'] as const
  expect(await run(...dry)).toMatchObject({ code: 1, stderr: expect.stringContaining('restore.memory-impossible') })
  const beside = await run(...dry, '--identity', 'keep', '--name', 'twin')
  expect(beside.stdout).toMatch(/comes back: +suspended, with 4 MiB of memory/)
  expect(beside.stdout).toContain('do not let both run on one network')
  expect(beside.stdout).not.toContain('start disconnected')
})

it('and a quiescing that is demanded exclude each other', async () => {
  const both = await run('backup', 'web', '--memory', 'prefer', '--quiesce', 'require')
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cli.memory-or-quiesce') })
})

it('is for a new VM only', async () =>
  expect(await run('restore', 'web', '--in-place', '--memory')).toMatchObject({ code: 2 }))
