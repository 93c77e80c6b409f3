import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeItem } from '../soap/encode-value.ts'
import type { VmNetwork } from '../inventory/vm-network.ts'
import { unknownElements } from '../types/index.ts'
import { configOf, diskDevice, flatBacking, gib, scsiController } from '../vm/fixtures.ts'
import type { Device, VmConfig } from '../vm/vm-disk.ts'
import { buildCreateSpec } from './build-create-spec.ts'
import type { CreateOptions } from './create-options.ts'

const standard = (name: string, value: string): VmNetwork => ({
  ref: { type: 'Network', value },
  name,
  kind: 'standard',
})
const distributed = (name: string, portgroupKey: string): VmNetwork => ({
  ref: { type: 'DistributedVirtualPortgroup', value: portgroupKey },
  name,
  kind: 'distributed',
  portgroupKey,
  switchUuid: '50 21 aa',
  switchName: 'dvs-1',
})
const opaque = (name: string, opaqueNetworkId: string): VmNetwork => ({
  ref: { type: 'OpaqueNetwork', value: opaqueNetworkId },
  name,
  kind: 'opaque',
  opaqueNetworkId,
  opaqueNetworkType: 'nsx.LogicalSwitch',
})

const options = (changes: Partial<CreateOptions> = {}): CreateOptions => ({
  name: 'web-1 restored',
  datastoreName: 'fast',
  apiVersion: '8.0.3.0',
  marker: 'run-7',
  savedNetworks: [distributed('Production', 'dvportgroup-1')],
  targetNetworks: [standard('VM Network', 'network-7'), distributed('Production', 'dvportgroup-99')],
  ...changes,
})

const label = (text: string) => ({ $type: 'Description', label: text, summary: '' }) as const

const card = (key: number, changes: object = {}): Device => ({
  $type: 'VirtualVmxnet3',
  key,
  deviceInfo: label(`Network adapter ${key - 3999}`),
  controllerKey: 100,
  unitNumber: 7,
  slotInfo: { $type: 'VirtualDevicePciBusSlotInfo', pciSlotNumber: 192 },
  backing: {
    $type: 'VirtualEthernetCardNetworkBackingInfo',
    deviceName: 'VM Network',
    network: { type: 'Network', value: 'network-1' },
  },
  connectable: {
    startConnected: true,
    allowGuestControl: true,
    connected: true,
    status: 'ok',
    migrateConnect: 'unset',
  },
  addressType: 'assigned',
  macAddress: '00:50:56:AB:12:34',
  wakeOnLanEnabled: true,
  ...changes,
})

const pci: Device = { $type: 'VirtualPCIController', key: 100, busNumber: 0 }
const ide: Device = { $type: 'VirtualIDEController', key: 200, busNumber: 0 }
const cdrom: Device = {
  $type: 'VirtualCdrom',
  key: 3000,
  deviceInfo: label('CD/DVD drive 1'),
  controllerKey: 200,
  unitNumber: 0,
  backing: { $type: 'VirtualCdromIsoBackingInfo', fileName: '[iso] debian.iso' },
  connectable: { startConnected: true, allowGuestControl: true, connected: true },
}

const addedBy = (config: VmConfig, changes: Partial<CreateOptions> = {}) =>
  buildCreateSpec(config, options(changes)).spec.deviceChange!.map(({ device }) => device)
const codesOf = (config: VmConfig, changes: Partial<CreateOptions> = {}) =>
  buildCreateSpec(config, options(changes)).warnings.map(({ code }) => code)
const xmlOf = (config: VmConfig, changes: Partial<CreateOptions> = {}) =>
  encodeItem('config', buildCreateSpec(config, options(changes)).spec, {
    kind: 'object',
    type: 'VirtualMachineConfigSpec',
    isPolymorphic: false,
  })

describe('buildCreateSpec', () => {
  const config = configOf([pci, ide, scsiController(), cdrom, card(4000), diskDevice()])

  it('names the VM, puts it on the datastore and marks it as ours', () => {
    const { spec } = buildCreateSpec(config, options({ name: 'a/b 50%' }))
    expect(spec).toMatchObject({
      name: 'a%2fb 50%25',
      uuid: config.uuid,
      files: { vmPathName: '[fast]' },
      numCPUs: 2,
      memoryMB: 4096,
      firmware: 'efi',
      guestId: 'debian12_64Guest',
    })
    expect(spec.extraConfig).toEqual([{ $type: 'OptionValue', key: 'vmkeep.restore', value: 'run-7' }])
    expect(spec.instanceUuid).toBeUndefined()
    expect(spec.changeTrackingEnabled).toBeUndefined()
    expect(buildCreateSpec(config, options({ biosUuid: 'generate' })).spec.uuid).toBeUndefined()
  })

  it('adds every device but disks and built-in ones, under new keys', () => {
    expect(addedBy(config).map(({ $type, key, controllerKey }) => [$type, key, controllerKey])).toEqual([
      ['ParaVirtualSCSIController', -1000, undefined],
      ['VirtualCdrom', -3000, 200],
      ['VirtualVmxnet3', -4000, undefined],
    ])
  })

  it('plans each disk with its slot, size and kind', () => {
    const disks = [
      diskDevice(),
      diskDevice({
        key: 2001,
        unitNumber: 1,
        capacityInBytes: 3 * gib + 512,
        backing: flatBacking({ thinProvisioned: false, eagerlyScrub: true }),
      }),
      diskDevice({
        key: 2002,
        unitNumber: 2,
        backing: flatBacking({ thinProvisioned: undefined, fileName: '[fast] web-1/x-000002.vmdk' }),
      }),
    ]
    const planned = buildCreateSpec(configOf([scsiController({ busNumber: 1 }), ...disks]), options()).disks
    expect(planned.map((d) => [d.savedKey, d.slot, d.capacityBytes, d.provisioning])).toEqual([
      [2000, { bus: 'scsi', busNumber: 1, unitNumber: 0 }, 16 * gib, 'thin'],
      [2001, { bus: 'scsi', busNumber: 1, unitNumber: 1 }, 3 * gib + 512, 'eager'],
      [2002, { bus: 'scsi', busNumber: 1, unitNumber: 2 }, 16 * gib, 'lazy'],
    ])
  })

  it('empties a CD drive and says which disc is gone', () => {
    const [drive] = addedBy(configOf([ide, cdrom]))
    expect(drive).toMatchObject({
      backing: { $type: 'VirtualCdromRemoteAtapiBackingInfo' },
      connectable: { startConnected: false, connected: false },
    })
    expect(buildCreateSpec(configOf([ide, cdrom]), options()).warnings).toEqual([
      {
        code: 'cdrom-emptied',
        device: 'CD/DVD drive 1',
        sentence: 'CD/DVD drive 1 comes back without its disc [iso] debian.iso.',
      },
    ])
  })

  it.each<[string, Device, string]>([
    ['a TPM', { $type: 'VirtualTPM', key: 11000, deviceInfo: label('Virtual TPM') }, 'Virtual TPM'],
    [
      'PCI passthrough',
      { $type: 'VirtualPCIPassthrough', key: 13000, deviceInfo: label('PCI device 0') },
      'PCI device 0',
    ],
    [
      'an SR-IOV card',
      { $type: 'VirtualSriovEthernetCard', key: 4000, deviceInfo: label('Network adapter 1') },
      'Network adapter 1',
    ],
    ['a USB stick', { $type: 'VirtualUSB', key: 9000, connected: true, deviceInfo: label('USB 1') }, 'USB 1'],
    [
      'an NVDIMM',
      { $type: 'VirtualNVDIMM', key: 30000, capacityInMB: 1024, deviceInfo: label('NVDIMM 1') },
      'NVDIMM 1',
    ],
    ['a sound card', { $type: 'VirtualHdAudioCard', key: 5000, deviceInfo: label('HD audio') }, 'HD audio'],
    [
      'a serial port to a file',
      {
        $type: 'VirtualSerialPort',
        key: 9000,
        yieldOnPoll: true,
        deviceInfo: label('Serial port 1'),
        backing: { $type: 'VirtualSerialPortFileBackingInfo', fileName: '[fast] a.txt' },
      },
      'Serial port 1',
    ],
    [
      'a device from the future',
      { $type: 'VirtualQuantumPort', key: 77000, deviceInfo: label('Quantum port') } as never,
      'Quantum port',
    ],
  ])('leaves out %s and names it', (_, device, name) => {
    const { spec, warnings } = buildCreateSpec(configOf([device]), options())
    expect(spec.deviceChange).toEqual([])
    expect(warnings).toMatchObject([{ code: 'device-left-out', device: name }])
    expect(warnings[0]!.sentence).toContain(name)
  })

  it('keeps a serial port to the network', () => {
    const backing = {
      $type: 'VirtualSerialPortURIBackingInfo',
      serviceURI: 'telnet://:7001',
      direction: 'server',
    } as const
    expect(
      addedBy(configOf([{ $type: 'VirtualSerialPort', key: 9000, yieldOnPoll: true, controllerKey: 400, backing }])),
    ).toMatchObject([{ backing }])
  })

  it('does not share a bus again', () => {
    const shared = configOf([scsiController({ sharedBus: 'physicalSharing' })])
    expect(addedBy(shared)).toMatchObject([{ sharedBus: 'noSharing' }])
    expect(codesOf(shared)).toEqual(['bus-sharing-off'])
  })

  it('leaves out options that belong to the old machine, and keeps the rest as text', () => {
    const value = (key: string, of: unknown = 'x') => ({ $type: 'OptionValue', key, value: of }) as const
    const dropped = [
      'scsi0:0.ctkEnabled',
      'SCSI0:0.CTKENABLED',
      'ctkEnabled',
      'ethernet0.pciSlotNumber',
      'sched.swap.derivedName',
      'migrate.hostLog',
      'nvram',
      'vmkeep.restore',
      'vmware.tools.internalversion',
      'pciBridge0.present',
      'uuid.action',
      'encryption.bundle',
      'guestinfo.vmtools.buildNumber',
    ]
    const kept = [
      'guestinfo.userdata',
      'disk.EnableUUID',
      'isolation.tools.copy.disable',
      'hpet0.present',
      'svga.present',
    ]
    const extraConfig = [...dropped.map((key) => value(key)), ...kept.map((key) => value(key)), value('odd', 7)]
    const result = buildCreateSpec(configOf([], { extraConfig }), options()).spec.extraConfig!
    expect(result.map(({ key }) => key)).toEqual([...kept, 'odd', 'vmkeep.restore'])
    expect(result.every(({ value: text }) => typeof text === 'string')).toBe(true)
  })

  it('leaves out what the target is too old for, and says so', () => {
    const newer = configOf([], {
      vmxStatsCollectionEnabled: true,
      sevEnabled: false,
      hardware: { numCPU: 2, memoryMB: 1024, motherboardLayout: 'i440bxHostBridge', simultaneousThreads: 1 },
      bootOptions: { efiSecureBootEnabled: true, bootDelay: 0 },
      numaInfo: { coresPerNumaNode: 2, autoCoresPerNumaNode: false },
    })
    expect(buildCreateSpec(newer, options()).spec).toMatchObject({
      vmxStatsCollectionEnabled: true,
      motherboardLayout: 'i440bxHostBridge',
      virtualNuma: { coresPerNumaNode: 2 },
      bootOptions: { efiSecureBootEnabled: true },
    })
    const { spec, warnings } = buildCreateSpec(newer, options({ apiVersion: '6.0' }))
    for (const name of ['vmxStatsCollectionEnabled', 'sevEnabled', 'motherboardLayout', 'virtualNuma'])
      expect(spec).not.toHaveProperty(name)
    expect(spec.bootOptions).toEqual({ bootDelay: 0 })
    expect(warnings.map(({ sentence }) => /setting (\w+)/.exec(sentence)![1])).toEqual([
      'vmxStatsCollectionEnabled',
      'motherboardLayout',
      'simultaneousThreads',
      'virtualNuma',
      'efiSecureBootEnabled',
    ])
  })

  it('leaves out an NVMe controller where the target knows none', () => {
    const nvme: Device = { $type: 'VirtualNVMEController', key: 31000, busNumber: 0, sharedBus: 'noSharing' }
    expect(addedBy(configOf([nvme]))).toEqual([{ $type: 'VirtualNVMEController', key: -31000, busNumber: 0 }])
    expect(addedBy(configOf([nvme]), { apiVersion: '6.0' })).toEqual([])
  })

  it('turns a boot order into words that outlive device keys', () => {
    const bootOrder = [
      { $type: 'VirtualMachineBootOptionsBootableDiskDevice', deviceKey: 2001 },
      { $type: 'VirtualMachineBootOptionsBootableEthernetDevice', deviceKey: 4001 },
      { $type: 'VirtualMachineBootOptionsBootableCdromDevice' },
    ] as const
    const plan = buildCreateSpec(configOf([card(4000), card(4001)], { bootOptions: { bootOrder } }), options())
    expect(plan.bootOrder).toEqual([
      { kind: 'disk', savedKey: 2001 },
      { kind: 'ethernet', ordinal: 1 },
      { kind: 'cdrom' },
    ])
    expect(plan.spec.bootOptions).toEqual({})
  })

  it('tells what an encrypted, managed, pinned VM loses', () => {
    expect(
      codesOf(
        configOf([], {
          keyId: { keyId: 'k', providerId: { id: 'p' } },
          cpuAffinity: { affinitySet: [1] },
          managedBy: { extensionKey: 'com.example', type: 'vm' },
          sgxInfo: { epcSize: 16 },
        }),
      ),
    ).toEqual(['encryption-off', 'affinity-off', 'manager-off', 'sgx-off'])
  })

  it('brings back what an appliance was deployed with', () => {
    const vAppConfig = {
      $type: 'VmConfigInfo',
      property: [{ key: 1, id: 'ip', value: '10.0.0.9', [unknownElements]: [{ name: 'newer', xml: '<newer/>' }] }],
      ipAssignment: { ipAllocationPolicy: 'fixedPolicy' },
      installBootRequired: true,
      installBootStopDelay: 0,
    } as const
    expect(buildCreateSpec(configOf([], { vAppConfig }), options()).spec.vAppConfig).toMatchObject({
      property: [{ operation: 'add', info: { key: 1, id: 'ip', value: '10.0.0.9' } }],
      installBootRequired: false,
    })
    expect(xmlOf(configOf([], { vAppConfig }))).toContain('10.0.0.9')
  })

  it('makes a spec that the strict codec accepts and that holds nothing of the old identity', () => {
    const xml = xmlOf(config)
    for (const old of [
      'changeId',
      'contentId',
      '6000C294',
      'parent',
      'keyId',
      'datastore-11',
      'instanceUuid',
      '<key>2000',
      '<connected>true',
    ])
      expect(xml).not.toContain(old)
  })

  it('hangs every device on a controller that will be there, whatever the hardware', () => {
    const any = fc.subarray<Device>([
      pci,
      ide,
      scsiController(),
      { $type: 'VirtualAHCIController', key: 15000, busNumber: 0 },
      { $type: 'VirtualUSBXHCIController', key: 14000, busNumber: 0, controllerKey: 100 },
      cdrom,
      { ...cdrom, key: 16000, controllerKey: 15000 } as Device,
      card(4000),
      card(4001),
      diskDevice(),
    ])
    fc.assert(
      fc.property(any, (devices) => {
        const present = configOf(devices)
        const added = addedBy(present)
        const keys = new Set([...added.map(({ key }) => key), 100, 200])
        expect(new Set(added.map(({ key }) => key)).size).toBe(added.length)
        for (const { key, controllerKey } of added) {
          expect(key).toBeLessThan(0)
          const parent = devices.some((other) => other.key === -(controllerKey ?? 0) || other.key === controllerKey)
          if (controllerKey !== undefined && parent) expect(keys).toContain(controllerKey)
        }
        expect(xmlOf(present)).toContain('<name>')
      }),
    )
  })
})

describe('network cards', () => {
  const cardsOf = (device: Device, changes: Partial<CreateOptions> = {}) => addedBy(configOf([device]), changes)
  const port = (portgroupKey: string) => ({
    backing: {
      $type: 'VirtualEthernetCardDistributedVirtualPortBackingInfo',
      port: { switchUuid: '50 21 aa', portgroupKey, portKey: '17', connectionCookie: 123 },
    },
  })

  it('go to the network of the same name, wherever its keys', () => {
    expect(cardsOf(card(4000))[0]!.backing).toEqual({
      $type: 'VirtualEthernetCardNetworkBackingInfo',
      deviceName: 'VM Network',
      network: { type: 'Network', value: 'network-7' },
    })
    expect(cardsOf(card(4000, port('dvportgroup-1')))[0]!.backing).toEqual({
      $type: 'VirtualEthernetCardDistributedVirtualPortBackingInfo',
      port: { switchUuid: '50 21 aa', portgroupKey: 'dvportgroup-99' },
    })
  })

  it('go where the map says, to any kind of network', () => {
    const targetNetworks = [opaque('Segment', 'ls-1')]
    const networkMap = { Production: 'Segment' }
    expect(cardsOf(card(4000, port('dvportgroup-1')), { targetNetworks, networkMap })[0]!.backing).toEqual({
      $type: 'VirtualEthernetCardOpaqueNetworkBackingInfo',
      opaqueNetworkId: 'ls-1',
      opaqueNetworkType: 'nsx.LogicalSwitch',
    })
  })

  it('prefer the very network they were on among several of one name', () => {
    const targetNetworks = [
      standard('Production', 'network-3'),
      distributed('Production', 'dvportgroup-9'),
      distributed('Production', 'dvportgroup-1'),
    ]
    expect(cardsOf(card(4000, port('dvportgroup-1')), { targetNetworks })[0]!.backing).toMatchObject({
      port: { portgroupKey: 'dvportgroup-1' },
    })
  })

  it('are left out by name where the destination has no such network', () => {
    const { spec, warnings } = buildCreateSpec(configOf([card(4000)]), options({ targetNetworks: [] }))
    expect(spec.deviceChange).toEqual([])
    expect(warnings).toMatchObject([{ code: 'network-not-found', device: 'Network adapter 1' }])
    expect(warnings[0]!.sentence).toContain('VM Network')
  })

  it.each<[string, Partial<CreateOptions>, object, string[]]>([
    ['keep their address', {}, { addressType: 'assigned', macAddress: '00:50:56:ab:12:34' }, []],
    ['get a new one on request', { mac: 'generate' }, { addressType: 'generated' }, []],
    [
      'get a new one where theirs is taken',
      { macsInUse: new Set(['00:50:56:ab:12:34']) },
      { addressType: 'generated' },
      ['mac-in-use'],
    ],
  ])('%s', (_, changes, expected, codes) => {
    const { addressType, macAddress } = cardsOf(card(4000), changes)[0] as { addressType?: string; macAddress?: string }
    expect({ addressType, ...(macAddress === undefined ? {} : { macAddress }) }).toEqual(expected)
    expect(codesOf(configOf([card(4000)]), changes)).toEqual(codes)
  })

  it('start disconnected on request, keep their slot, and are never "connected" in a spec', () => {
    expect(cardsOf(card(4000), { startConnected: false })[0]!.connectable).toEqual({
      startConnected: false,
      allowGuestControl: true,
      connected: false,
    })
    expect(cardsOf(card(4000))[0]).toMatchObject({
      connectable: { startConnected: true, connected: false },
      slotInfo: { pciSlotNumber: 192 },
    })
  })

  it('lose UPTv2 on a target that does not know it', () => {
    expect(cardsOf(card(4000, { uptv2Enabled: true }))[0]).toHaveProperty('uptv2Enabled', true)
    expect(cardsOf(card(4000, { uptv2Enabled: true }), { apiVersion: '7.0.3.0' })[0]).not.toHaveProperty('uptv2Enabled')
  })
})
