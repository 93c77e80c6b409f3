import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@vmkeep/kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bothOrders, linuxDevices } from './linux-devices.ts'
import type { ProxyDevice, ProxyDevices } from './proxy-devices.ts'
import { newDevice, waitForDevice } from './wait-for-device.ts'

const uuid = '6000c2931f2e00000000000000000001'

describe('the disks of a Linux machine', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'vmkeep-sysfs-'))
    await put('sys/class/dmi/id/product_uuid', '564D1234-ABCD-EF01-2345-6789ABCDEF01\n')
    await put('sys/class/scsi_host/host2/scan', '')
    await put('sys/class/scsi_device/2:0:0:0/device/block/sda/size', '2048\n')
    await put('sys/class/scsi_device/2:0:12:0/device/block/sdb/size', '8193\n')
    await put('sys/class/scsi_device/2:0:12:0/device/wwid', `naa.${uuid}\n`)
    await put('sys/class/scsi_device/1:0:0:0/device/type', '5\n') // a CD-ROM drive without a block device
  })
  afterEach(() => rm(root, { recursive: true }))

  async function put(path: string, text: string): Promise<void> {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
  }

  it('are those with a block device, with place, size and uuid', async () => {
    expect((await linuxDevices(root).list()).toSorted((a, b) => a.target - b.target)).toEqual([
      { path: join(root, 'dev/sda'), address: '2:0:0:0', target: 0, capacityBytes: 2 ** 20 },
      { path: join(root, 'dev/sdb'), address: '2:0:12:0', target: 12, capacityBytes: 8193 * 512, uuid },
    ])
  })

  it('are looked for anew on every SCSI host, and let go of one by one', async () => {
    const devices = linuxDevices(root)
    await devices.rescan()
    expect(await readFile(join(root, 'sys/class/scsi_host/host2/scan'), 'utf8')).toBe('- - -')
    await devices.forget((await devices.list()).find(({ target }) => target === 12)!)
    expect(await readFile(join(root, 'sys/class/scsi_device/2:0:12:0/device/delete'), 'utf8')).toBe('1')
  })

  it('are none on a machine without SCSI, and one that tells no uuid says why', async () => {
    const devices = linuxDevices(join(root, 'nowhere'))
    expect(await devices.list()).toEqual([])
    await devices.rescan()
    expect(await devices.machineUuids()).toEqual({
      whyNot: expect.stringMatching(/ENOENT.*run as root, or name it as proxyVm$/),
    })
  })

  it('are of a machine with a uuid in both byte orders', async () => {
    expect(await linuxDevices(root).machineUuids()).toEqual([
      '564d1234-abcd-ef01-2345-6789abcdef01',
      '34124d56-cdab-01ef-2345-6789abcdef01',
    ])
    expect(bothOrders('11111111-2222-3333-4444-555555555555')).toHaveLength(1)
    expect(() => bothOrders('Not Settable')).toThrow('is no uuid')
  })
})

describe('the device of an attached disk', () => {
  const own: ProxyDevice = { path: '/dev/sda', address: '2:0:0:0', target: 0, capacityBytes: 2 ** 30, uuid }
  const fresh: ProxyDevice = { path: '/dev/sdb', address: '2:0:3:0', target: 3, capacityBytes: 2 ** 30, uuid }
  const wanted = { path: '[ds] web/web.vmdk', capacityBytes: 2 ** 30, uuid: uuid.toUpperCase(), unitNumber: 3 }

  it('is the new one of its size, unit and uuid', () => {
    expect(newDevice([own], [own, fresh], wanted)).toBe(fresh)
    expect(newDevice([own], [own, { ...fresh, uuid: undefined }], wanted)).toMatchObject({ path: '/dev/sdb' })
    expect(newDevice([own], [own, fresh], { ...wanted, uuid: undefined })).toBe(fresh)
  })

  it.each([
    [
      'was there before, though all else fits: the machine and the VM come from one template',
      [own, fresh],
      [own, fresh],
    ],
    ['has another size', [own], [own, { ...fresh, capacityBytes: 2 ** 30 + 512 }]],
    ['has another unit', [own], [own, { ...fresh, target: 4 }]],
    ['has another uuid', [own], [own, { ...fresh, uuid: '6000c2931f2e00000000000000000002' }]],
    ['is one of two that fit', [own], [own, fresh, { ...fresh, path: '/dev/sdc', address: '3:0:3:0' }]],
  ])('is none that %s', (_, before, now) => expect(newDevice(before, now, wanted)).toBeUndefined())

  it('is waited for, with a rescan now and then, and not for ever', async () => {
    let [looks, rescans] = [0, 0]
    const devices: ProxyDevices = {
      machineUuids: async () => [],
      list: async () => (++looks > 9 ? [own, fresh] : [own]),
      rescan: async () => void rescans++,
      forget: async () => {},
    }
    const clock = { ...systemClock, sleep: async () => {} }
    const { signal } = new AbortController()
    expect(await waitForDevice(devices, [own], wanted, { clock, timeoutMs: 10_000, signal })).toBe(fresh)
    expect(rescans).toBe(2)
    looks = -1000
    await expect(waitForDevice(devices, [own], wanted, { clock, timeoutMs: 10_000, signal })).rejects.toMatchObject({
      code: 'transport.no-device',
    })
  })
})
