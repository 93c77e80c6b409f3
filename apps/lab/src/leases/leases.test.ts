import { request as httpsRequest } from 'node:https'
import { PassingStream } from '@vmkeep/vmdk'
import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LabOptions } from '../start-lab.ts'
import { login, openTestLab, service, type TestClient, vmRef } from '../testing.ts'

type Info = DataObject<'HttpNfcLeaseInfo'>

async function open(options: LabOptions = {}) {
  const made = await openTestLab(options)
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

const on = (lease: ManagedObjectReference) => ({ _this: lease })

async function readyInfo(client: TestClient, lease: ManagedObjectReference): Promise<Info> {
  while ((await client.read(lease, 'state')) === 'initializing') await new Promise(setImmediate)
  return (await client.read(lease, 'info')) as Info
}

/** The answer to a GET, its body whole. */
function fetchDisk(url: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(url, { rejectUnauthorized: false }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }))
    })
    sent.on('error', reject).end()
  })
}

describe('an export lease', () => {
  it('gives the bytes of the snapshot, though the guest goes on, and its manifest', async () => {
    const { lab, client } = await open()
    await lab.vm('web01').disk().writeGuest(70_000, Buffer.from('before'))
    const snapshot = await lab.vm('web01').snapshot('s')
    await lab.vm('web01').disk().writeGuest(70_000, Buffer.from('after!'))
    const lease = await client.call('ExportSnapshot', { _this: snapshot })
    const { deviceUrl = [], leaseTimeout, entity } = await readyInfo(client, lease)
    expect([leaseTimeout, entity]).toEqual([300, lab.vm('web01').ref])
    expect(deviceUrl.map(({ key }) => key)).toEqual([
      '/vm-101/ParaVirtualSCSIController0:0',
      '/vm-101/ParaVirtualSCSIController0:1',
    ])
    const { body } = await fetchDisk(deviceUrl[0]!.url)
    async function* once() {
      yield body
    }
    await using stream = await PassingStream.open(once(), 'disk')
    const image = Buffer.alloc(stream.capacityBytes)
    for await (const { offsetBytes, bytes } of stream.grains()) image.set(bytes, offsetBytes)
    expect(image.subarray(70_000, 70_006).toString()).toBe('before')
    const manifest = await client.call('HttpNfcLeaseGetManifest', on(lease))
    expect(manifest).toMatchObject([{ key: deviceUrl[0]!.key, size: body.length, disk: true, capacity: 2 ** 20 }])
    await client.call('HttpNfcLeaseComplete', on(lease))
    expect(await client.read(lease, 'state')).toBe('done')
    expect((await fetchDisk(deviceUrl[0]!.url)).status).toBe(404)
    expect(lab.stats).toMatchObject({ leasesOpen: 0, tasksRunning: 0, mistakes: [] })
  })

  it('keeps other tasks off the VM for as long as it is held', async () => {
    const { lab, client } = await open()
    const snapshot = await lab.vm('web01').snapshot('s')
    const lease = await client.call('ExportSnapshot', { _this: snapshot })
    await expect(client.call('ExportSnapshot', { _this: snapshot })).rejects.toMatchObject({ type: 'TaskInProgress' })
    const remove = () =>
      client.call('RemoveSnapshot_Task', { _this: snapshot, removeChildren: false, consolidate: true })
    await expect(client.finished(await remove())).rejects.toMatchObject({ type: 'TaskInProgress' })
    await client.call('HttpNfcLeaseAbort', on(lease))
    expect(await client.read(lease, 'state')).toBe('error')
    await client.finished(await remove())
    expect(lab.stats.snapshotsAlive).toBe(0)
  })

  it('runs out when nobody renews it, and lives as long as somebody does', async () => {
    const { lab, client } = await open()
    const lease = await client.call('ExportVm', { _this: vmRef(102) })
    await readyInfo(client, lease)
    for (const percent of [1, 2]) {
      lab.clock.advance(200_000)
      await client.call('HttpNfcLeaseProgress', { ...on(lease), percent })
    }
    lab.clock.advance(301_000)
    await lab.settled()
    expect(await client.read(lease, 'error')).toMatchObject({ fault: { $type: 'Timedout' } })
    await expect(client.call('HttpNfcLeaseProgress', { ...on(lease), percent: 3 })).rejects.toMatchObject({
      type: 'Timedout',
    })
    expect(lab.stats.leasesOpen).toBe(0)
  })

  it('ends with the session that asked for it', async () => {
    const { lab, client } = await open()
    await client.call('ExportVm', { _this: vmRef(102) })
    lab.expireSessions()
    await lab.settled()
    expect(lab.stats.leasesOpen).toBe(0)
  })

  it.each([
    ['a running VM', 101, {}, 'InvalidPowerState'],
    ['who may not', 102, { without: ['VApp.Export'] }, 'NoPermission'],
  ] as const)('is refused for %s', async (_, vm, rights, type) => {
    const { lab, client } = await open({ users: [{ name: 'backup', password: 'x', ...rights }] })
    await client.call('Logout', { _this: service('SessionManager', 'SessionManager') })
    await login(client, lab, { name: 'backup', password: 'x' })
    await expect(client.call('ExportVm', { _this: vmRef(vm) })).rejects.toMatchObject({ type })
  })
})

describe('an import lease', () => {
  const configSpec = { name: 'new', files: { vmPathName: '[shared-1]' }, numCPUs: 1, memoryMB: 64 }

  it.each(['HttpNfcLeaseAbort', 'time-out', 'the end of the session'] as const)(
    'that ends by %s takes its VM along',
    async (end) => {
      const { lab, client } = await open()
      const pool = (await client.read(vmRef(101), 'resourcePool')) as ManagedObjectReference
      const folder = (await client.read(vmRef(101), 'parent')) as ManagedObjectReference
      const spec = { $type: 'VirtualMachineImportSpec', configSpec } as const
      const lease = await client.call('ImportVApp', { _this: pool, spec, folder })
      await readyInfo(client, lease)
      expect(lab.vm('new').powerState).toBe('off')
      if (end === 'HttpNfcLeaseAbort') await client.call('HttpNfcLeaseAbort', on(lease))
      else if (end === 'time-out') lab.clock.advance(301_000)
      else lab.expireSessions()
      await lab.settled()
      expect(() => lab.vm('new')).toThrow(/new/)
      expect(lab.storage.datastore('shared-1').stat('new')).toBeUndefined()
      expect(lab.stats.mistakes).toEqual([])
    },
  )
})
