// vcsim, govmomi's own vCenter and ESXi, judges our client: it was written by others, from VMware's documents. govc, the
// client they wrote for it, looks at the same server and must see what we see.
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { codeOf, collect, Secret, systemClock } from '@vmkeep/kit'
import {
  addDisk,
  attachTags,
  buildCreateSpec,
  captureSnapshot,
  clearMarker,
  consolidateIfNeeded,
  createSnapshot,
  createVm,
  decodeConfigXml,
  describePlace,
  destroyVm,
  disksOf,
  downloadFile,
  enableChangeTracking,
  fetchCertificate,
  findConflicts,
  findVms,
  govcScript,
  identityOfConfig,
  inventoryPathOf,
  listSnapshots,
  listVms,
  missingPrivileges,
  namedPrivileges,
  openNfcTicket,
  openSession,
  powerOff,
  powerOn,
  privilegeSets,
  readStoragePolicies,
  readTags,
  readVm,
  readSelectableVms,
  removeSnapshot,
  resolveDestination,
  resolveVm,
  type Session,
  setBootOrder,
  StoragePolicies,
  uploadNvram,
  type VmSummary,
} from '@vmkeep/vsphere'
import { describe, expect } from 'vitest'
import { openOlderVCenter } from '../support/older-vcenter.ts'
import { judgeTest, runJudge } from './judge.ts'

interface Judged {
  readonly session: Session
  readonly vms: readonly VmSummary[]
  /** Asks govc, another client, about the same server. */
  readonly govc: (...args: readonly string[]) => Promise<string>
}

const modes = {
  vCenter: ['-dc', '2', '-folder', '1', '-pool', '1', '-app', '1'],
  ESXi: ['-esx'],
} as const

const judges = ['vcsim', 'govc'] as const

/** A test against a server of its own, in each mode. */
function judged(name: string, check: (judged: Judged, isVCenter: boolean) => Promise<void>): void {
  describe.each(Object.entries(modes))('%s', (mode, args) => {
    judgeTest(
      name,
      judges,
      async ({ vcsim, govc }) => {
        await using server = await startVcsim(vcsim, args)
        const { port } = server
        await using session = await logIn(port)
        const env = { GOVC_URL: `https://user:pass@127.0.0.1:${port}/sdk`, GOVC_INSECURE: '1' }
        const ask = async (...words: readonly string[]) => {
          const { exitCode, stdout, stderr } = await runJudge(govc, words, { env })
          expect({ words, exitCode, stderr }).toMatchObject({ exitCode: 0 })
          return stdout
        }
        const vms = await collect(listVms(session))
        await check({ session, vms, govc: ask }, mode === 'vCenter')
      },
      60_000,
    )
  })
}

async function logIn(port: number): Promise<Session> {
  const { sha256 } = await fetchCertificate({ host: '127.0.0.1', port })
  return openSession({
    endpoint: {
      host: '127.0.0.1',
      port,
      username: 'user',
      password: async () => new Secret('pass'),
      trust: { by: 'thumbprint', thumbprint: sha256 },
    },
    clock: systemClock,
  })
}

async function startVcsim(
  program: string,
  args: readonly string[],
): Promise<AsyncDisposable & { readonly port: number }> {
  const child = spawn(program, ['-l', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let output = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => reject(new Error(`vcsim ended at once: ${output}`)))
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
      const found = /127\.0\.0\.1:(\d+)/.exec(output)
      if (found !== null) resolve(Number(found[1]))
    })
  })
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
    },
  }
}

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted()

judged('lists every VM under the path by which another client finds it', async ({ session, vms, govc }, isVCenter) => {
  expect(session.isVCenter).toBe(isVCenter)
  const paths = lines(await govc('find', '/', '-type', 'm'))
  expect(vms.map(({ inventoryPath }) => inventoryPath).toSorted()).toEqual(paths)
  for (const vm of vms) {
    expect(vm).toMatchObject({ connectionState: 'connected', powerState: 'poweredOn', template: false })
    expect(await inventoryPathOf(session, vm.ref)).toBe(vm.inventoryPath)
  }
})

judged(
  'reads where each VM lies, and the tags that another client gave it',
  async ({ session, vms, govc }, isVCenter) => {
    const [first] = vms
    if (isVCenter) {
      await govc('tags.category.create', 'env')
      await govc('tags.create', '-c', 'env', 'prod')
      await govc('tags.attach', '-c', 'env', 'prod', first!.inventoryPath)
    }
    const { vms: facts, tags } = await readSelectableVms(session)
    expect(codeOf(tags.unknown)).toBe(isVCenter ? undefined : 'vsphere.automation-missing')
    expect(facts.map(({ path }) => path).toSorted()).toEqual(vms.map(({ inventoryPath }) => inventoryPath).toSorted())
    const pools = lines(await govc('find', '/', '-type', 'p'))
    for (const vm of facts) {
      expect(pools).toContain(vm.pool)
      expect(vm).toMatchObject({ datastores: ['LocalDS_0'], power: 'on', cpus: 1, memoryBytes: 32 * 2 ** 20 })
      const isTagged = isVCenter && vm.path === first!.inventoryPath
      expect(vm.tags).toEqual(isTagged ? [{ category: 'env', name: 'prod' }] : [])
    }
  },
)

judgeTest(
  'reads and attaches tags in both spellings of the REST API, and leaves no session',
  judges,
  async ({ vcsim, govc }) => {
    await using server = await startVcsim(vcsim, ['-vm', '2'])
    const env = { GOVC_URL: `https://user:pass@127.0.0.1:${server.port}/sdk`, GOVC_INSECURE: '1' }
    const ask = async (...words: readonly string[]) => (await runJudge(govc, words, { env })).stdout
    const others = () => ask('session.ls').then((text) => lines(text).length) // with its own
    await ask('tags.category.create', 'env')
    for (const tag of ['prod', 'test', 'unused']) await ask('tags.create', '-c', 'env', tag)
    const before = await others()
    await using older = await openOlderVCenter(server)
    for (const port of [server.port, older.port]) {
      await using session = await logIn(port)
      const vms = await collect(listVms(session))
      const tag = { category: 'env', name: port === older.port ? 'prod' : 'test' }
      const failures = await attachTags(session, vms[0]!.ref, [tag, { category: 'env', name: 'gone' }])
      expect(failures).toMatchObject([{ why: 'there is no such tag' }])
      expect(await ask('tags.attached.ls', tag.name)).toContain(vms[0]!.ref.value)
      const { known, unknown } = await readTags(session)
      expect(unknown).toBeUndefined()
      expect([...known.keys()]).toEqual([vms[0]!.ref.value])
      expect(known.get(vms[0]!.ref.value)).toContainEqual(tag)
      expect(await others()).toBe(before + 1)
    }
    expect(await others()).toBe(before)
    expect(older.asked).toContain('DELETE /rest/com/vmware/cis/session')
  },
)

judged('reads the storage policies that another client sees, where there are any', async (asked, isVCenter) => {
  const { session, vms, govc } = asked
  if (!isVCenter) return // an ESXi host has no such service, and is never asked
  const policies = new StoragePolicies(session)
  const listed = lines(await govc('storage.policy.ls'))
  const read = (await policies.all()).map(({ id, name }) => [id, name].join(' '))
  expect(read.toSorted()).toEqual(listed.map((line) => line.replace(/ +/, ' ')))
  expect(read.length).toBeGreaterThan(2)
  expect(await readStoragePolicies(policies, vms[0]!.ref, [2000])).toEqual({ unread: new Map() }) // vcsim knows of none that a VM has
})

judgeTest('takes the role that the script for govc makes, and grants it', judges, async ({ vcsim, govc }) => {
  await using server = await startVcsim(vcsim, ['-vm', '1'])
  const role = {
    role: "vmkeep's",
    principal: 'VSPHERE.LOCAL\\backup',
    privileges: [...privilegeSets.backup, ...privilegeSets.storagePolicies],
  }
  const env = {
    GOVC_URL: `https://user:pass@127.0.0.1:${server.port}/sdk`,
    GOVC_INSECURE: '1',
    PATH: `${dirname(govc)}:${process.env['PATH']}`,
  }
  const ran = await runJudge('/bin/sh', ['-c', govcScript(role)], { env })
  expect(ran).toMatchObject({ exitCode: 0 })
  const made = await runJudge(govc, ['role.ls', role.role], { env })
  expect(lines(made.stdout)).toEqual(expect.arrayContaining(namedPrivileges(role.privileges)))
  const granted = await runJudge(govc, ['permissions.ls', '/'], { env })
  expect(granted.stdout).toMatch(/vmkeep's +\S+ +\S*backup +Yes/)
})

judgeTest('lists more VMs than fit on a page, each once', judges, async ({ vcsim }) => {
  await using server = await startVcsim(vcsim, ['-vm', '120'])
  await using session = await logIn(server.port)
  const vms = await collect(listVms(session))
  expect(vms).toHaveLength(240)
  expect(new Set(vms.map(({ ref }) => ref.value)).size).toBe(240)
})

judged('finds one VM by path, name, moref, UUIDs and pattern', async ({ session, vms }) => {
  const vm = vms[0]!
  for (const selector of [
    vm.inventoryPath,
    vm.inventoryPath.slice(1),
    vm.name,
    vm.ref.value,
    vm.instanceUuid!,
    vm.biosUuid!,
  ])
    expect((await resolveVm(session, selector)).ref).toEqual(vm.ref)
  expect(await findVms(session, '*')).toHaveLength(vms.length)
  expect(await findVms(session, `${vm.inventoryPath.slice(0, -1)}*`)).toContainEqual(vm)
  await expect(resolveVm(session, `${vm.name}x`)).rejects.toMatchObject({
    code: 'vsphere.vm-not-found',
    details: { near: expect.arrayContaining([vm.name]) as string[] },
  })
  await expect(resolveVm(session, '*')).rejects.toMatchObject({ code: 'vsphere.vm-ambiguous' })
})

judged('reads a VM and its place whole', async ({ session, vms }) => {
  const vm = await readVm(session, vms[0]!.ref)
  expect(vm).toMatchObject({
    name: vms[0]!.name,
    connectionState: 'connected',
    snapshots: [],
    hardwareVersion: 'vmx-13',
  })
  expect(vm.disks).toMatchObject([{ address: 'scsi0:0', capacityBytes: 10 * 1024 ** 3, diskMode: 'persistent' }])
  expect(vm.datastores).toMatchObject([{ name: vm.disks[0]!.datastoreName, accessible: true }])
  expect(vm.host).toMatchObject({ name: vms[0]!.hostName, inMaintenance: false })
  const place = await describePlace(session, vm)
  expect(place).toMatchObject({ host: vm.host!.name, datastores: vm.datastores.map(({ name }) => name) })
  expect(place.networks).toHaveLength(1)
  expect(await downloadFile(session, vm.vmxPath!, { datacenterPath: vm.datacenterPath })).toBeInstanceOf(Buffer)
})

judged('snapshots a VM, reads the snapshot, and takes it away again', async ({ session, vms, govc }) => {
  const [vm] = vms
  const name = 'vmkeep.00000001.000000000001.5037f1a0'
  await enableChangeTracking(session, vm!.ref)
  expect((await readVm(session, vm!.ref)).changeTracking).toEqual({ supported: true, enabled: true })
  const request = { name, description: 'ours', quiesce: { timeoutMinutes: 5 } } as const
  const snapshot = await createSnapshot(session, vm!.ref, request)
  expect(await govc('snapshot.tree', '-vm', vm!.inventoryPath)).toContain(name)
  expect(await createSnapshot(session, vm!.ref, request)).toEqual(snapshot) // not a second one
  expect(await listSnapshots(session, vm!.ref)).toMatchObject([{ ref: snapshot, name, description: 'ours', depth: 0 }])
  const captured = await captureSnapshot(session, snapshot)
  expect(disksOf(decodeConfigXml(captured.configXml))).toEqual(captured.disks)
  expect(captured.disks).toMatchObject([{ address: 'scsi0:0', fileName: expect.stringContaining('.vmdk') as string }])
  await removeSnapshot(session, snapshot)
  await removeSnapshot(session, snapshot)
  expect(await listSnapshots(session, vm!.ref)).toEqual([])
  expect(await consolidateIfNeeded(session, vm!.ref)).toBe('not-needed')
  expect(await govc('snapshot.tree', '-vm', vm!.inventoryPath)).not.toContain(name)
})

judged('makes a VM like another one, and deletes only what carries its mark', async ({ session, vms, govc }) => {
  const original = await readVm(session, vms[0]!.ref)
  const place = await resolveDestination(session, { preferred: await preferredOf(session, original) })
  const conflicts = await findConflicts(session, {
    ...identityOfConfig(original.config!),
    name: original.name,
    folder: place.folder,
  })
  expect(conflicts).toMatchObject({ original: { name: original.name }, biosUuidInUse: true })
  expect(conflicts.macsInUse.size).toBe(1)
  const plan = buildCreateSpec(original.config!, {
    name: 'restored (1)',
    datastoreName: place.datastoreName,
    apiVersion: session.apiVersion,
    marker: 'run-7',
    savedNetworks: place.networks,
    targetNetworks: place.networks,
    macsInUse: conflicts.macsInUse,
  })
  expect(plan.warnings.map(({ code }) => code)).toEqual(['mac-in-use'])
  const vm = await createVm(session, { ...place, spec: plan.spec })
  const disks = []
  for (const disk of plan.disks) disks.push(await addDisk(session, vm, disk))
  expect(disks).toMatchObject([
    { address: 'scsi0:0', capacityBytes: original.disks[0]!.capacityBytes, thinProvisioned: true },
  ])
  await setBootOrder(session, vm, {
    bootOrder: [{ kind: 'disk', savedKey: 1 }],
    newKeys: new Map([[1, disks[0]!.key]]),
  })
  await uploadNvram(session, vm, Buffer.from('nvram'))
  await powerOn(session, vm)
  await powerOff(session, vm)
  const made = await readVm(session, vm)
  expect(made).toMatchObject({ name: 'restored (1)', powerState: 'poweredOff' })
  expect(made.devices.filter(({ $type }) => $type === 'VirtualDisk')).toHaveLength(1)
  expect(await govc('find', '/', '-type', 'm')).toContain('restored (1)')
  await expect(destroyVm(session, { ref: vm, marker: 'run-8' })).rejects.toMatchObject({ code: 'vsphere.not-ours' })
  await expect(destroyVm(session, { ref: vms[0]!.ref, marker: 'run-7' })).rejects.toMatchObject({
    code: 'vsphere.not-ours',
  })
  expect(await destroyVm(session, { marker: 'run-7' })).toBe(true)
  expect(await destroyVm(session, { ref: vm, marker: 'run-7' })).toBe(false)
  expect(await collect(listVms(session))).toHaveLength(vms.length)
})

judged('never deletes a VM whose mark was taken off', async ({ session, vms }) => {
  const original = await readVm(session, vms[0]!.ref)
  const place = await resolveDestination(session, { preferred: await preferredOf(session, original) })
  const { spec } = buildCreateSpec(original.config!, {
    name: 'finished',
    datastoreName: place.datastoreName,
    apiVersion: session.apiVersion,
    marker: 'run-9',
    savedNetworks: [],
    targetNetworks: [],
    biosUuid: 'generate',
  })
  const vm = await createVm(session, { ...place, spec })
  await clearMarker(session, vm)
  await expect(destroyVm(session, { ref: vm, marker: 'run-9' })).rejects.toMatchObject({ code: 'vsphere.not-ours' })
  expect(await destroyVm(session, { marker: 'run-9' })).toBe(false)
})

judged('tells what is missing: an NFC service here, privileges never', async ({ session, vms }) => {
  const { disks } = await readVm(session, vms[0]!.ref)
  const request = { vm: vms[0]!.ref, deviceKey: disks[0]!.key, access: 'read' } as const
  await expect(openNfcTicket(session, request)).rejects.toMatchObject({ code: 'vsphere.nfc-unavailable' })
  const wanted = [...privilegeSets.backup, ...privilegeSets.restore, ...privilegeSets.nvram]
  expect(await missingPrivileges(session, session.content.rootFolder, wanted)).toEqual([])
})

async function preferredOf(session: Session, vm: Awaited<ReturnType<typeof readVm>>) {
  const { datacenter, folder, resourcePool, host, datastores } = await describePlace(session, vm)
  return { datacenter, folder, resourcePool, host, datastore: datastores[0] }
}
