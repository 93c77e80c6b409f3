import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Device } from '@vmkeep/vsphere'
import { expect, it, onTestFinished } from 'vitest'
import { datastoreOnLuns } from './datastore-on-luns.ts'
import { findLun } from './find-lun.ts'
import { whyNotSan } from './why-not-san.ts'

const settings = { order: ['san'], compression: 'none' } as const
const diskOn = (datastore: string, keyId?: object) => ({
  path: '[lun] web/web.vmdk',
  capacityBytes: 4096,
  device: {
    backing: { datastore: { type: 'Datastore', value: datastore }, ...(keyId && { keyId }) },
  } as unknown as Device,
})
const luns = new Map([
  ['ds-1', undefined],
  ['ds-2', 'it is NFS'],
])

it.each([
  ['a disk whose LUN is visible', diskOn('ds-1'), luns, undefined],
  ['a disk on something else', diskOn('ds-2'), luns, 'it is NFS'],
  ['a disk on a datastore that the account may not see: opening it tells', diskOn('ds-3'), luns, undefined],
  ['an encrypted disk', diskOn('ds-1', { keyId: 'key' }), luns, 'the disk is encrypted; only its host can read it'],
  ['any disk, where nobody has looked', diskOn('ds-2'), undefined, undefined],
])('says of %s why it is not read', (_what, disk, survey, expected) => {
  if (process.platform !== 'linux') return
  expect(whyNotSan(disk, survey === undefined ? settings : { ...settings, luns: survey })).toBe(expected)
})

const vmfs = { version: '6.82', majorVersion: 6, extent: [{ diskName: 'naa.6', partition: 1 }] }
const info = (change: object) => ({ $type: 'VmfsDatastoreInfo', vmfs: { ...vmfs, ...change } }) as never

it.each([
  ['NFS', undefined, /^the datastore ds is a share of NFS/],
  ['vsan', undefined, /^the datastore ds is vSAN/],
  ['VVOL', undefined, /^the datastore ds is made of vVols/],
  ['PMEM', undefined, /^the datastore ds is persistent memory/],
  ['VMFS', undefined, /is of type VMFS, of which no LUN is known/],
  ['VMFS', info({ local: true }), /is on a local disk of its host/],
  ['VMFS', info({ majorVersion: 3, version: '3.60' }), /is VMFS 3\.60/],
  ['VMFS', info({ extent: [] }), /has no LUN that vSphere names/],
])('says of a datastore of type %s why no LUN is read', (type, facts, expected) => {
  expect(datastoreOnLuns({ name: 'ds', type, info: facts })).toEqual({ whyNot: expect.stringMatching(expected) })
})

it('takes a VMFS 5 or 6 on LUNs', () => {
  expect(datastoreOnLuns({ name: 'ds', type: 'VMFS', info: info({}) })).toMatchObject({ name: 'ds' })
})

it('finds no LUN for a disk without a world wide name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-luns-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'sdb'), '')
  await symlink(join(folder, 'sdb'), join(folder, 'wwn-0x60003ff44dc75adc'))
  expect(await findLun('naa.60003ff44dc75adc', folder)).toBe(join(folder, 'sdb'))
  expect(await findLun('mpx.vmhba1:C0:T0:L0', folder)).toBeUndefined()
})
