import { describe, expect } from 'vitest'
import { type Lab, type LabOptions, startLab } from '../../apps/lab/src/index.ts'
import { judgeTest, mustAgree, runJudge } from './judge.ts'

// govc is VMware's own command-line client, in Go: it shares no code with us and none with the lab.

const vms = [
  {
    name: 'web01',
    folder: 'Production',
    disks: [{ capacityBytes: 4 * 1024 ** 2 }, { capacityBytes: 1024 ** 2 }],
    cbt: true,
  },
  { name: 'db01', disks: [{ capacityBytes: 1024 ** 2, controller: 'nvme' as const }], power: 'off' as const },
]

/** Runs govc against a lab, logged in anew each time. */
function govcOf(govc: string, lab: Lab) {
  const env = {
    GOVC_URL: `https://${lab.host}:${lab.port}/sdk`,
    GOVC_USERNAME: lab.username,
    GOVC_PASSWORD: lab.password,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
  }
  return {
    run: (...args: string[]) => mustAgree(govc, args, { env }),
    json: async (...args: string[]) => JSON.parse(await mustAgree(govc, args, { env })) as unknown,
    refused: (...args: string[]) => runJudge(govc, args, { env }),
  }
}

async function withLab(
  govc: string,
  options: LabOptions,
  check: (judge: ReturnType<typeof govcOf>, lab: Lab) => Promise<void>,
) {
  await using lab = await startLab({ vms, ...options })
  await check(govcOf(govc, lab), lab)
  expect(lab.stats.mistakes).toEqual([])
}

describe.each([
  ['a vCenter', {}, '/Lab/vm/Production/web01'],
  ['an ESXi host', { mode: 'esxi' }, '/ha-datacenter/vm/Production/web01'],
] as const)('govc sees %s', (_, options, path) => {
  judgeTest('and finds its way', ['govc'], ({ govc }) =>
    withLab(govc, options, async ({ run, json }, lab) => {
      expect(await run('about')).toMatch(lab.mode === 'vcenter' ? /API type: +VirtualCenter/ : /API type: +HostAgent/)
      expect((await run('find', '/', '-type', 'm')).trim().split('\n').toSorted()).toContain(path)
      expect(await run('ls', '-l', path.replace(/\/web01$/, ''))).toContain('web01 (VirtualMachine)')
      const info = await json('vm.info', '-json', path)
      expect(JSON.stringify(info)).toContain(lab.vm('web01').instanceUuid)
      expect(await run('device.ls', '-vm', path)).toMatch(/disk-1000-0 +VirtualDisk +4,096 KB/)
      expect(await run('datastore.ls', '-ds', 'shared-1', 'web01')).toMatch(
        /^web01\.nvram\nweb01\.vmdk\nweb01\.vmsd\nweb01\.vmx\n/,
      )
      expect(await run('datastore.download', '-ds', 'shared-1', 'web01/web01.vmx', '-')).toContain(
        'displayName = "web01"',
      )
      expect(lab.stats.sessionsOpen).toBe(0) // it logs out after every command
    }),
  )

  judgeTest('and takes snapshots, whose tasks and events it can list', ['govc'], ({ govc }) =>
    withLab(govc, options, async ({ run }, lab) => {
      await run('snapshot.create', '-vm', path, '-m=false', '-q=true', '-d', 'described', 'first')
      await run('snapshot.create', '-vm', path, '-m=false', 'second')
      expect(await run('snapshot.tree', '-vm', path)).toBe('first\n  second\n  .\n')
      expect(lab.vm('web01').snapshots.map(({ name }) => name)).toEqual(['first', 'second'])
      await run('snapshot.remove', '-vm', path, 'first')
      await run('snapshot.remove', '-vm', path, '*')
      expect(lab.stats.snapshotsAlive).toBe(0)
      expect(await run('tasks')).toMatch(/CreateSnapshot\s+web01\s.*success/)
      expect(await run('events', path)).toContain('Task: Create virtual machine snapshot')
      await run('vm.power', '-off', path)
      expect(await run('events', path)).toMatch(/web01 on .* is powered off/)
    }),
  )
})

describe('govc changes a vCenter', () => {
  judgeTest('VMs, their disks and their places', ['govc'], ({ govc }) =>
    withLab(govc, {}, async ({ run, refused }, lab) => {
      await run('vm.disk.create', '-vm', 'web01', '-ds', 'shared-1', '-name', 'web01/extra', '-size', '2M')
      expect(lab.vm('web01').disks.map(({ capacityBytes }) => capacityBytes)).toContain(2 * 1024 ** 2)
      await run('vm.change', '-vm', 'web01', '-annotation', 'changed', '-e', 'guestinfo.a=b')
      expect(await run('vm.info', '-e', 'web01')).toMatch(/guestinfo\.a: +b/)
      await run('vm.migrate', '-host', 'esxi-2.lab', 'web01')
      expect(lab.vm('web01').hostName).toBe('esxi-2.lab')
      await run(
        'vm.create',
        '-ds',
        'shared-1',
        '-net',
        'VM Network',
        '-on=false',
        '-disk',
        '1M',
        '-host',
        'esxi-1.lab',
        'made',
      )
      expect(await run('device.ls', '-vm', 'made')).toMatch(/ethernet-0 +VirtualE1000 +VM Network/)
      await run('vm.destroy', 'made')
      await run('vm.unregister', 'db01')
      await run('vm.register', '-ds', 'shared-1', '-pool', '/Lab/host/Cluster/Resources', 'db01/db01.vmx')
      expect(await run('device.ls', '-vm', 'db01')).toMatch(/VirtualDisk +1,024 KB/)
      const twice = await refused('vm.power', '-on', 'web01')
      expect(twice.stdout + twice.stderr).toContain(
        'The attempted operation cannot be performed in the current state (Powered on).',
      )
    }),
  )

  judgeTest('and shows a quiesce failure as a real one', ['govc'], ({ govc }) =>
    withLab(govc, {}, async ({ refused }, lab) => {
      lab.faults.add({ on: 'CreateSnapshot*_Task', then: { do: 'task-fault', type: 'ApplicationQuiesceFault' } })
      const { exitCode, stderr } = await refused('snapshot.create', '-vm', 'web01', '-q=true', '-m=false', 's')
      expect(exitCode).toBe(1)
      expect(stderr).toContain('An error occurred while quiescing the virtual machine.')
    }),
  )
})

judgeTest('govc reads the latency that hosts count for their datastores', ['govc'], ({ govc }) =>
  withLab(govc, {}, async ({ run, json }, lab) => {
    lab.setLatency('shared-1', { readMs: 41, writeMs: 7 })
    lab.clock.advance(20_000)
    const host = '/Lab/host/Cluster/esxi-1.lab'
    const counters = await run('metric.ls', '-i', 'real', host)
    expect(counters).toBe('datastore.totalReadLatency.average\ndatastore.totalWriteLatency.average\n')
    expect(await run('metric.info', host, 'datastore.totalReadLatency.average')).toMatch(/Unit: +ms/)
    const url = lab.storage.datastore('shared-1').url.split('/').at(-2)!
    const sample = (counter: string) =>
      json('metric.sample', '-json', '-n', '1', '-i', 'real', '-instance', url, host, `datastore.${counter}.average`)
    expect(await sample('totalReadLatency')).toMatchObject({ sample: [{ value: [{ instance: url, value: [41] }] }] })
    expect(await sample('totalWriteLatency')).toMatchObject({ sample: [{ value: [{ instance: url, value: [7] }] }] })
  }),
)

judgeTest('govc reads the storage policies of a vCenter, by the session in the SOAP header', ['govc'], ({ govc }) => {
  const vm = {
    name: 'web01',
    storagePolicy: 'gold',
    disks: [{ capacityBytes: 1024 ** 2, storagePolicy: 'two copies' }],
  }
  return withLab(govc, { vms: [vm], storagePolicies: ['silver'] }, async ({ run, refused }, lab) => {
    expect((await run('storage.policy.ls')).trim().split('\n')).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36} +silver$/),
      expect.stringMatching(/^[0-9a-f-]{36} +gold$/),
      expect.stringMatching(/^[0-9a-f-]{36} +two copies$/),
    ])
    expect(await run('storage.policy.info', 'two copies')).toMatch(/Name: +two copies\n +ID: +[0-9a-f-]{36}\n/)
    const target = ['-ds', 'shared-1', '-net', 'VM Network', '-on=false', '-host', 'esxi-1.lab'] as const
    await run('vm.create', ...target, '-profile', 'gold', 'made')
    expect(lab.vm('made').storagePolicies).toMatchObject({ home: 'gold' })
    lab.faults.add({ on: 'PbmQueryProfile', times: 1, then: { do: 'fault', type: 'PbmFaultNoPermission' } })
    expect((await refused('storage.policy.ls')).exitCode).not.toBe(0)
  })
})

judgeTest('govc reads the tags of a VM, over the REST API', ['govc'], ({ govc }) =>
  withLab(govc, { vms: [{ name: 'web01', tags: ['env:prod', 'owner:web team'] }] }, async ({ run, json }) => {
    expect((await run('tags.category.ls')).trim().split('\n').toSorted()).toEqual(['env', 'owner'])
    expect((await run('tags.attached.ls', '-r', '/Lab/vm/web01')).trim().split('\n').toSorted()).toEqual([
      'prod',
      'web team',
    ])
    expect(JSON.stringify(await json('tags.attached.ls', '-json', 'prod'))).toContain('VirtualMachine')
  }),
)
