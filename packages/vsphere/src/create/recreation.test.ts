import { describe, expect, it } from 'vitest'
import { encodeItem } from '../soap/encode-value.ts'
import { configOf, diskDevice, scsiController } from '../vm/fixtures.ts'
import type { Device, VmConfig } from '../vm/vm-disk.ts'
import { recreationOf } from './recreation.ts'

const type = { kind: 'object', type: 'VirtualMachineConfigInfo', isPolymorphic: false } as const
const xmlOf = (config: VmConfig): string =>
  encodeItem('val', config, type).replace(
    '<val>',
    '<val xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="VirtualMachineConfigInfo">',
  )
const recreation = (xml: string) => recreationOf(xml, { name: 'web-1', apiVersion: '8.0.3.0', networks: [] })
const tpm = { $type: 'VirtualTPM', key: 11_000, controllerKey: 100, unitNumber: 30 } as Device

describe('at backup time', () => {
  it('a plain VM can be made again, and loses nothing', () => {
    expect(recreation(xmlOf(configOf([scsiController(), diskDevice()])))).toEqual({
      possible: true,
      reasons: [],
      losses: [],
    })
  })

  it('a VM with a TPM, or encrypted, can be made again, and what it would lack is said', () => {
    const keyId = { keyId: 'k', providerId: { id: 'kms' } }
    const found = recreation(xmlOf(configOf([scsiController(), diskDevice(), tpm], { keyId })))
    expect(found).toMatchObject({ possible: true, reasons: [] })
    expect(found.losses.map(({ code }) => code)).toEqual(['device-left-out', 'encryption-off'])
  })

  it('a disk on a controller that cannot be made is no part of a new VM', () => {
    const found = recreation(xmlOf(configOf([diskDevice({ controllerKey: 99 })])))
    expect(found).toMatchObject({ possible: false, reasons: [{ code: 'no-controller' }] })
  })

  it.each([
    ['no XML', 'nonsense', 'config-unusable'],
    ['no hardware', '<val xsi:type="VirtualMachineConfigInfo"><name>web</name></val>', 'config-unusable'],
  ])('a configuration that is %s makes no VM, and that is told, not thrown', (_what, xml, code) => {
    expect(recreation(xml)).toMatchObject({ possible: false, reasons: [{ code }] })
  })

  it('a configuration without a memory size makes no VM', () => {
    const xml = xmlOf(configOf([scsiController(), diskDevice()])).replace(/<memoryMB>\d+<\/memoryMB>/, '')
    const { possible, reasons } = recreation(xml)
    expect({ possible, reasons }).toMatchObject({ possible: false, reasons: [{}] })
  })
})
