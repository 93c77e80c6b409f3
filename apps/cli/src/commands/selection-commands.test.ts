import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@vmkeep/kit'
import { type Lab, startLab } from '@vmkeep/lab'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environmentOf, type Ran, vmkeep } from '../testing.ts'

// Choosing VMs by what they are, against a lab with tags: over the REST API, as vCenter gives them.

const disks = [{ capacityBytes: 2 ** 20 }, { capacityBytes: 2 ** 20 }]
let folder: string
let lab: Lab

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-selection-'))
  lab = await startLab({
    storageFolder: folder,
    vms: [
      {
        name: 'web-01',
        folder: 'Prod',
        disks,
        tags: ['env:prod', 'vmkeep:exclude-disk=scsi0:1'],
        customValues: { owner: 'Ada' },
      },
      { name: 'web-02', folder: 'Prod', disks, tags: ['env:prod', 'vmkeep:exclude=rebuilt every night'] },
      { name: 'db-01', folder: 'Prod/Data', disks, tags: ['env:prod'], datastore: 'shared-2', memoryMb: 8192 },
      { name: 'tmp-01', folder: 'Lab', disks, power: 'off' },
      { name: 'golden', disks, template: true, power: 'off', tags: ['env:prod'] },
    ],
  })
  await writeFile(
    join(folder, 'config.yaml'),
    `policies:
  - name: gold
    select: tag=env:prod
    exclude: datastore=shared-2
    tags: [gold]
  - name: data
    select: folder=/Lab/vm/Prod
`,
  )
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function run(...argv: string[]): Promise<Ran> {
  return runWith({}, ...argv)
}

function runWith(more: Record<string, string>, ...argv: string[]): Promise<Ran> {
  const env = {
    ...more,
    VMKEEP_CONFIG: join(folder, 'config.yaml'),
    VMKEEP_STATE_DIR: join(folder, 'state'),
    ...environmentOf(lab),
  }
  return vmkeep(argv, { home: folder, clock: systemClock, random: systemRandom, env })
}

const plansOf = async (...argv: string[]) => {
  const { stdout, stderr } = await run('plan', ...argv, '-o', 'json')
  const plans = JSON.parse(stdout) as {
    vm: string
    disks: { address: string }[]
    skippedDisks: { address: string }[]
  }[]
  return { plans, names: plans.map(({ vm }) => vm), stderr }
}

describe('plan', () => {
  it.each([
    ['tag=env:prod', ['web-01', 'db-01']],
    ['tag=prod and memory>4GiB', ['db-01']],
    ['power=off', ['tmp-01']],
    ['template=yes', ['golden']],
    ['attr.owner=ada', ['web-01']],
    ['cluster=Cluster and not folder=/Lab/vm/Prod', ['tmp-01']],
    ['pool=/Lab/host/Cluster/Resources and name~^db', ['db-01']],
    ['host~esxi and datastore=shared-2', ['db-01']],
  ])('--selector %s', async (selector, expected) => {
    const { names } = await plansOf('--selector', selector)
    expect(names.toSorted()).toEqual(expected.toSorted())
  })

  it('says whom a rule left out, and leaves out disks that a VM names itself', async () => {
    const { plans, stderr } = await plansOf('--policy', 'gold')
    expect(plans.map(({ vm }) => vm)).toEqual(['web-01'])
    expect(plans[0]!.skippedDisks.map(({ address }) => address)).toEqual(['scsi0:1'])
    expect(stderr).toMatch(/web-02 \(vmkeep:exclude=rebuilt every night on the VM itself\)/)
  })

  it('of all VMs leaves out those that exclude themselves, but a named one is meant', async () => {
    expect((await plansOf('--all')).names.toSorted()).toEqual(['db-01', 'tmp-01', 'web-01'])
    expect((await plansOf('web-02')).names).toEqual(['web-02'])
  })

  it.each([
    [['--selector', 'tagg=x'], 2, /no field "tagg"/],
    [['--selector', 'tag='], 2, /there should be a value/],
    [['--policy', 'silver'], 5, /no policy "silver"; it has gold, data/],
    [['web-01', '--policy', 'gold'], 2, /named VMs and --policy are given: choose one/],
    [[], 2, /name the VMs, or give --all, --selector or --policy/],
  ])('%j exits %d', async (argv, code, message) => {
    const ran = await run('plan', ...argv)
    expect(ran.stderr).toMatch(message)
    expect(ran.code).toBe(code)
  })
})

describe('vm explain', () => {
  it('answers for every VM why it is protected or not', async () => {
    const { stdout, code } = await run('vm', 'explain', '-o', 'json')
    expect(code).toBe(0)
    const rows = JSON.parse(stdout) as { vm: string; state: string; policy?: string; because: string }[]
    expect(Object.fromEntries(rows.map(({ vm, state, policy, because }) => [vm, [state, policy, because]]))).toEqual({
      'web-01': ['protected', 'gold', 'tag=env:prod'],
      'web-02': ['excluded', undefined, 'vmkeep:exclude=rebuilt every night on the VM itself'],
      'db-01': ['protected', 'data', 'folder=/Lab/vm/Prod'],
      'tmp-01': ['unselected', undefined, 'gold: tag!=env:prod; data: folder!=/Lab/vm/Prod'],
      golden: ['unselected', undefined, 'gold: template=yes; data: folder!=/Lab/vm/Prod'],
    })
  })

  it('lists who is missing and exits 3', async () => {
    const { stdout, code } = await run('vm', 'explain', '--unprotected')
    expect(stdout).toMatch(/tmp-01 +unselected/)
    expect(stdout).not.toMatch(/web-02/)
    expect(stdout).toMatch(/2 of 5 VMs protected, 1 excluded, 2 not selected/)
    expect(code).toBe(3)
  })

  it('logs out of both sessions', () => expect(lab.stats.sessionsOpen).toBe(0))
})

it('policy list shows the selectors, help explains them', async () => {
  expect((await run('policy', 'list')).stdout).toMatch(/gold +tag=env:prod +datastore=shared-2/)
  expect((await run('help', 'selectors')).stdout).toMatch(/memory>=8GiB/)
})

it('a selector that asks for tags is not answered where they cannot be read', async () => {
  await using esxi = await startLab({ mode: 'esxi', vms: [{ name: 'web', disks }] })
  const env = {
    ...environmentOf(esxi),
  }
  const ran = (selector: string) =>
    vmkeep(['plan', '--selector', selector], { home: folder, clock: systemClock, random: systemRandom, env })
  expect(await ran('tag=prod')).toMatchObject({ code: 7, stderr: expect.stringMatching(/could not be read/) as string })
  expect((await ran('name=w*')).code).toBe(0)
})

describe('where no repository has been made yet', () => {
  const repository = () => ({ VMKEEP_REPO: join(folder, 'not made'), VMKEEP_REPO_KEY: 'a passphrase of some length' })

  it('vm explain and plan answer all the same, and say so', async () => {
    const explained = await runWith(repository(), 'vm', 'explain', 'web-01', '-o', 'json')
    expect(JSON.parse(explained.stdout)).toMatchObject([{ vm: 'web-01', state: 'protected', policy: 'gold' }])
    expect(explained).toMatchObject({ code: 0, stderr: expect.stringContaining('no restore points are known') })
    expect(explained.stderr).toContain('repo init')
    const planned = await runWith(repository(), 'plan', 'db-01')
    expect(planned).toMatchObject({ code: 0, stderr: expect.stringContaining('no restore points are known') })
  })

  it('a backup is refused as ever', async () => {
    expect((await runWith(repository(), 'backup', 'db-01')).stderr).toContain('repo init')
  })
})
