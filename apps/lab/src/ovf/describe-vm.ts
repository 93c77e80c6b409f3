import { type DataObject, escapeAttribute, escapeText } from '@vmkeep/vsphere/types'
import { plainName } from '../inventory/entity-name.ts'
import type { VirtualMachine } from '../inventory/virtual-machine.ts'
import { busNumberOf } from '../inventory/vm/controllers.ts'
import type { Device, VmSettings } from '../inventory/vm/vm-settings.ts'
import { slotOf } from '../leases/lease-file.ts'
import { ovfControllers, ovfNamespace, resourceType } from './ovf-words.ts'

type OvfFile = DataObject<'OvfFile'>

const streamFormat = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized'

/** A VM as an OVF descriptor, with the files its disks were exported to. */
export function describeVm(vm: VirtualMachine, settings: VmSettings, files: readonly OvfFile[]): string {
  const name = plainName(vm.name)
  const disks = settings.disks.flatMap((disk) => {
    const file = files.findIndex(({ deviceId }) => deviceId.endsWith(`/${slotOf(settings, disk.key)}`))
    return file === -1 ? [] : [{ disk, file, capacityBytes: vm.storage.disk(disk.key).capacityBytes }]
  })
  const networks = [...new Set(cardsOf(settings).map(({ network }) => network))]
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Envelope xmlns="${ovfNamespace}" xmlns:ovf="${ovfNamespace}" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">`,
    '<References>',
    ...files.map(
      ({ path, size }, at) => `<File ovf:href="${escapeAttribute(path)}" ovf:id="file${at + 1}" ovf:size="${size}"/>`,
    ),
    '</References>',
    '<DiskSection><Info>Virtual disks</Info>',
    ...disks.map(
      ({ file, capacityBytes }, at) =>
        `<Disk ovf:capacity="${capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="vmdisk${at + 1}" ovf:fileRef="file${file + 1}" ovf:format="${streamFormat}"/>`,
    ),
    '</DiskSection>',
    '<NetworkSection><Info>Networks</Info>',
    ...networks.map((network) => `<Network ovf:name="${escapeAttribute(network)}"/>`),
    '</NetworkSection>',
    `<VirtualSystem ovf:id="${escapeAttribute(name)}"><Info>A virtual machine</Info><Name>${escapeText(name)}</Name>`,
    `<OperatingSystemSection ovf:id="1" vmw:osType="${escapeAttribute(settings.guestId)}"><Info>The guest</Info></OperatingSystemSection>`,
    '<VirtualHardwareSection><Info>Virtual hardware</Info>',
    `<System><vssd:ElementName>Virtual Hardware Family</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID><vssd:VirtualSystemIdentifier>${escapeText(name)}</vssd:VirtualSystemIdentifier><vssd:VirtualSystemType>${escapeText(settings.version)}</vssd:VirtualSystemType></System>`,
    ...hardware(
      settings,
      disks.map(({ disk }) => disk),
    ),
    `<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="${escapeAttribute(settings.firmware)}"/>`,
    '</VirtualHardwareSection></VirtualSystem></Envelope>',
    '',
  ].join('\n')
}

function hardware(settings: VmSettings, disks: VmSettings['disks']): string[] {
  const controllers = settings.devices.filter(({ $type }) => ovfControllers[$type] !== undefined)
  let id = 0
  const ids = new Map(controllers.map(({ key }, at) => [key, at + 3] as const))
  const next = () => Math.max(++id, controllers.length + 2 + id)
  return [
    item({ ElementName: 'CPU', InstanceID: 1, ResourceType: resourceType.cpu, VirtualQuantity: settings.cpus }),
    item({
      AllocationUnits: 'byte * 2^20',
      ElementName: 'Memory',
      InstanceID: 2,
      ResourceType: resourceType.memory,
      VirtualQuantity: settings.memoryMb,
    }),
    ...controllers.map((controller) => controllerItem(controller, ids.get(controller.key)!)),
    ...disks.map((disk, at) =>
      item({
        AddressOnParent: disk.unitNumber,
        ElementName: disk.label,
        HostResource: `ovf:/disk/vmdisk${at + 1}`,
        InstanceID: next(),
        Parent: ids.get(disk.controllerKey) ?? 0,
        ResourceType: resourceType.disk,
      }),
    ),
    ...cardsOf(settings).map(({ network, type }, at) =>
      item({
        AddressOnParent: 7 + at,
        AutomaticAllocation: 'true',
        Connection: network,
        ElementName: `Network adapter ${at + 1}`,
        InstanceID: next(),
        ResourceSubType: type,
        ResourceType: resourceType.ethernet,
      }),
    ),
  ]
}

function controllerItem(controller: Device, id: number): string {
  const { resource, subType } = ovfControllers[controller.$type]!
  return item({
    Address: busNumberOf(controller),
    ElementName: `Controller ${busNumberOf(controller)}`,
    InstanceID: id,
    ...(subType === '' ? {} : { ResourceSubType: subType }),
    ResourceType: resource,
  })
}

const item = (fields: Readonly<Record<string, string | number>>): string =>
  `<Item>${Object.entries(fields)
    .map(([name, value]) => `<rasd:${name}>${escapeText(String(value))}</rasd:${name}>`)
    .join('')}</Item>`

function cardsOf({ devices }: VmSettings): { readonly network: string; readonly type: string }[] {
  return devices.flatMap(({ $type, backing, deviceInfo }) => {
    const isPlugged = backing?.$type.startsWith('VirtualEthernetCard') === true
    return isPlugged ? [{ network: deviceInfo?.summary ?? '', type: $type.replace('Virtual', '') }] : []
  })
}
