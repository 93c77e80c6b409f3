import { FormatError } from '@vmkeep/kit'
import { readXml, type XmlElement } from '@vmkeep/vsphere/types'

/** What the lab makes of an OVF descriptor. */
export interface OvfDescriptor {
  readonly name: string
  readonly guestId: string
  readonly version: string | undefined
  readonly firmware: string | undefined
  readonly networks: readonly string[]
  readonly items: readonly OvfItem[]
  readonly files: readonly { readonly id: string; readonly path: string; readonly sizeBytes: number }[]
  readonly disks: readonly { readonly id: string; readonly fileId: string; readonly capacityBytes: number }[]
}

export interface OvfItem {
  readonly id: string
  readonly resource: number
  readonly subType: string
  readonly parent: string
  readonly address: number
  readonly addressOnParent: number
  readonly quantity: number
  readonly hostResource: string
  readonly connection: string
}

/** @throws FormatError for what is no descriptor */
export function readDescriptor(xml: string): OvfDescriptor {
  const root = readXml(xml, { depthMax: 50, elementsMax: 10_000 })
  const system = root.child('VirtualSystem')
  if (root.name !== 'Envelope' || system === undefined) throw new FormatError('no envelope with one virtual system')
  const hardware = system.child('VirtualHardwareSection')
  const named = (parent: XmlElement | undefined, name: string) =>
    parent?.children.filter((child) => child.name === name) ?? []
  return {
    name: system.child('Name')?.text.trim() ?? attribute(system, 'id'),
    guestId: attribute(system.child('OperatingSystemSection'), 'osType') || 'otherGuest',
    version: hardware?.child('System')?.child('VirtualSystemType')?.text.trim().split(' ').at(-1),
    firmware: named(hardware, 'Config')
      .filter((config) => attribute(config, 'key') === 'firmware')
      .map((config) => attribute(config, 'value'))[0],
    networks: named(root.child('NetworkSection'), 'Network').map((network) => attribute(network, 'name')),
    items: named(hardware, 'Item').map(itemOf),
    files: named(root.child('References'), 'File').map((file) => ({
      id: attribute(file, 'id'),
      path: attribute(file, 'href'),
      sizeBytes: Number(attribute(file, 'size') || 0),
    })),
    disks: named(root.child('DiskSection'), 'Disk').map((disk) => ({
      id: attribute(disk, 'diskId'),
      fileId: attribute(disk, 'fileRef'),
      capacityBytes: Number(attribute(disk, 'capacity')) * unitOf(attribute(disk, 'capacityAllocationUnits')),
    })),
  }
}

/** Whatever its prefix. */
const attribute = (element: XmlElement | undefined, name: string): string =>
  Object.entries(element?.attributes ?? {}).find(([key]) => key === name || key.endsWith(`:${name}`))?.[1] ?? ''

/** `byte`, `byte * 2^20`. Source: DSP0004, programmatic units. Evidence: documented. */
const unitOf = (units: string): number => 2 ** Number(/2\s*\^\s*(\d+)/.exec(units)?.[1] ?? 0)

function itemOf(item: XmlElement): OvfItem {
  const text = (name: string) => item.child(name)?.text.trim() ?? ''
  return {
    id: text('InstanceID'),
    resource: Number(text('ResourceType')),
    subType: text('ResourceSubType'),
    parent: text('Parent'),
    address: Number(text('Address') || 0),
    addressOnParent: Number(text('AddressOnParent') || 0),
    quantity: Number(text('VirtualQuantity') || 0) * unitOf(text('AllocationUnits')),
    hostResource: text('HostResource'),
    connection: text('Connection'),
  }
}
