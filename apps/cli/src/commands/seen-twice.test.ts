import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@vmkeep/kit'
import { type Lab, startLab } from '@vmkeep/lab'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vmkeep } from '../testing.ts'

// A vCenter and two of its hosts, all in one config: labs that show the same VMs.

const disks = [{ capacityBytes: 2 ** 20 }]
const uuid = (digit: number) => `5037f1a0-aaaa-4000-8000-00000000000${digit}`
const hostUuid = '4c4c4544-0032-4710-8057-b7c04f4a4d32'
const noUuid = '03000200-0400-0500-0006-000700080009' // what many boards have
let folder: string
let labs: Readonly<Record<string, Lab>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-twice-'))
  const common = { storageFolder: folder }
  const on = (name: string, digit: number, datastore: string, host?: string) => ({
    name,
    disks,
    instanceUuid: uuid(digit),
    datastore,
    ...(host !== undefined && { host }),
  })
  labs = {
    esx1: await startLab({
      ...common,
      mode: 'esxi',
      hostUuids: { 'esxi-1.lab': hostUuid },
      datastores: [
        { name: 'datastore1', volume: 'v1' },
        { name: 'other', volume: 'v9' },
      ],
      vms: [
        on('web', 1, 'datastore1'),
        on('copy', 2, 'other'),
        on('gone', 3, 'datastore1'),
        on('alone', 4, 'datastore1'),
        on('moved', 6, 'datastore1'),
        on('shared', 7, 'datastore1'),
      ],
    }),
    vc: await startLab({
      ...common,
      hostUuids: { 'esxi-1.lab': hostUuid, 'esxi-2.lab': noUuid },
      datastores: [
        { name: 'datastore1 (1)', volume: 'v1' },
        { name: 'ds2', volume: 'v2' },
      ],
      vms: [
        on('web', 1, 'datastore1 (1)', 'esxi-1.lab'),
        on('copy', 2, 'datastore1 (1)', 'esxi-1.lab'),
        { ...on('gone', 3, 'datastore1 (1)', 'esxi-1.lab'), connection: 'disconnected' },
        on('plain', 5, 'ds2', 'esxi-2.lab'),
        on('moved', 6, 'datastore1 (1)', 'esxi-2.lab'),
        on('shared', 7, 'datastore1 (1)', 'esxi-1.lab'),
      ],
    }),
    esx2: await startLab({
      ...common,
      mode: 'esxi',
      hostUuids: { 'esxi-1.lab': noUuid },
      datastores: [{ name: 'ds2', volume: 'v2' }],
      vms: [on('plain', 5, 'ds2')],
    }),
  }
  const vcenters = Object.entries(labs).map(
    ([name, { host, port, username, thumbprintSha256 }]) =>
      `  - { name: ${name}, host: ${host}, port: ${port}, username: ${username}, passwordEnv: SECRET, thumbprint: ${thumbprintSha256} }\n`,
  )
  await writeFile(
    join(folder, 'config.yaml'),
    `vcenters:\n${vcenters.join('')}policies:
  - { name: some, vcenters: [vc], select: name=shared }
  - { name: gold, select: name=* }
`,
  )
})

afterAll(async () => {
  for (const lab of Object.values(labs)) await lab[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function run(...argv: string[]) {
  const env = { VMKEEP_CONFIG: join(folder, 'config.yaml'), SECRET: labs['vc']!.password }
  return vmkeep(argv, { home: folder, clock: systemClock, random: systemRandom, env })
}

describe('a VM that two servers show', () => {
  it('is backed up once, through the vCenter, if it is proven to be one; else each is, with a warning', async () => {
    const { stdout, stderr } = await run('plan', '--all', '-o', 'json')
    const plans = JSON.parse(stdout) as { server: string; vm: string }[]
    expect(plans.map(({ server, vm }) => `${server}/${vm}`).toSorted()).toEqual([
      'esx1/alone',
      'esx1/copy',
      'esx1/gone',
      'esx1/moved',
      'esx2/plain',
      'vc/copy',
      'vc/gone',
      'vc/moved',
      'vc/plain',
      'vc/shared',
      'vc/web',
    ])
    expect(stderr).toContain('esx1/web is the same VM as vc/web: backed up through vc')
    expect(stderr).toContain('vc/copy and esx1/copy have one instance uuid and may be one VM')
    expect(stderr).toContain('vc/plain and esx2/plain have one instance uuid') // their hosts have no uuid of their own
    expect(stderr).toContain('vc/moved and esx1/moved have one instance uuid') // on another host than the vCenter says
    expect(stderr).not.toContain('esx1/gone ') // the vCenter cannot reach it: the host may
  })

  it('may be called by its name alone, if it is proven to be one', async () => {
    const { stdout, code } = await run('plan', 'web')
    expect(stdout).toMatch(/^vc\/web /m)
    expect(stdout).not.toContain('esx1/web')
    expect(code).toBe(0)
    expect(await run('plan', 'copy')).toMatchObject({ code: 2 })
    expect((await run('plan', 'web', '--vcenter', 'esx1')).stdout).toMatch(/^web +Hard disk 1/m)
  })

  it('is explained', async () => {
    const { stdout } = await run('vm', 'explain', '-o', 'json')
    const rows = JSON.parse(stdout) as {
      server: string
      vm: string
      policy: string
      because: string
      through?: string
    }[]
    const of = (server: string, vm: string) => rows.find((row) => row.server === server && row.vm === vm)!
    expect(of('esx1', 'web')).toMatchObject({ state: 'protected', because: 'backed up through vc', through: 'vc' })
    expect(of('vc', 'web')).toMatchObject({ state: 'protected', because: 'name=*' })
    expect(of('esx1', 'shared').because).toBe('name=*; it is backed up through vc too, by some')
    expect(of('esx1', 'copy')).toMatchObject({ policy: 'gold', because: 'name=*' })
  })
})
