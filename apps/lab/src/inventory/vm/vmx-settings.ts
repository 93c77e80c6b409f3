import type { ControllerKind } from '../../config/vm-description.ts'
import { DistributedPortgroup } from '../network.ts'
import type { World } from '../world.ts'
import { controllerDevice } from './controllers.ts'
import { defaultDevices } from './default-devices.ts'
import { networkCard } from './network-card.ts'
import type { Device, VmSettings } from './vm-settings.ts'
import { virtualCards, virtualDevices } from './vmx-file.ts'

export type Vmx = ReadonlyMap<string, string>

/** What a .vmx says of a VM, as far as the lab writes it there: all but its disks and its name. */
export function settingsOfVmx(world: World, vmx: Vmx): Partial<VmSettings> {
  const number = (key: string, otherwise: number) => Number(vmx.get(key) ?? otherwise) || otherwise
  const [uuid, instanceUuid] = [uuidOfVmx(vmx.get('uuid.bios')), uuidOfVmx(vmx.get('vc.uuid'))]
  return {
    ...(uuid === undefined ? {} : { uuid }),
    ...(instanceUuid === undefined ? {} : { instanceUuid }),
    guestId: guestIdOfVmx(vmx.get('guestOS') ?? 'other-64'),
    cpus: number('numvcpus', 1),
    coresPerSocket: number('cpuid.coresPerSocket', 1),
    memoryMb: number('memSize', 1024),
    version: `vmx-${number('virtualHW.version', 21)}`,
    firmware: vmx.get('firmware') ?? 'bios',
    annotation: vmx.get('annotation') ?? '',
    extraConfig: new Map([...vmx].filter(([key]) => !isOwn.test(key))),
    devices: [...defaultDevices, ...controllersOf(vmx), ...cardsOf(world, vmx)],
  }
}

/** The keys that are settings of their own. All others are a VM's extra configuration. Evidence: observed. */
const isOwn =
  /^(config\.version|virtualHW\.version|displayName|guestOS|firmware|numvcpus|cpuid\.coresPerSocket|memSize|uuid\.bios|vc\.uuid|annotation|nvram|ctkEnabled|checkpoint\.vmState|(scsi|sata|nvme|ide|ethernet)\d+(:\d+)?\..+)$/

/** `56 4d 10 2a …-5f 60 …`, as uuids are written everywhere else. */
function uuidOfVmx(text: string | undefined): string | undefined {
  const hex = (text ?? '').replaceAll(/[^0-9a-fA-F]/g, '').toLowerCase()
  return hex.length === 32 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : undefined
}

/** `debian12-64` → `debian12_64Guest` */
const guestIdOfVmx = (guestOS: string): string => `${guestOS.replace('-', '_')}Guest`

function controllersOf(vmx: Vmx): Device[] {
  const controllers = new Map<string, Device>()
  for (const key of vmx.keys()) {
    const [, bus, number] = /^(scsi|sata|nvme)(\d+)(?::\d+\.fileName|\.present)$/.exec(key) ?? []
    if (bus === undefined) continue
    const kind = bus === 'scsi' ? scsiKindOf(vmx.get(`scsi${number}.virtualDev`)) : (bus as 'sata' | 'nvme')
    controllers.set(`${bus}${number}`, controllerDevice(kind, Number(number)))
  }
  return [...controllers.values()]
}

function scsiKindOf(virtualDevice: string | undefined): ControllerKind {
  if (virtualDevice === virtualDevices['ParaVirtualSCSIController']) return 'pvscsi'
  return virtualDevice === virtualDevices['VirtualLsiLogicSASController'] ? 'lsilogicsas' : 'lsilogic'
}

function cardsOf(world: World, vmx: Vmx): Device[] {
  return [...vmx.keys()].flatMap((key) => {
    const [, index] = /^ethernet(\d)\.present$/.exec(key) ?? []
    return index === undefined ? [] : [cardOf(world, vmx, Number(index))]
  })
}

function cardOf(world: World, vmx: Vmx, index: number): Device {
  const value = (key: string) => vmx.get(`ethernet${index}.${key}`)
  const name = value('networkName') ?? ''
  const network = world.networks.find((one) => one.name === name)
  const switchUuid = network instanceof DistributedPortgroup ? { switchUuid: network.switch.uuid } : {}
  const plug = { name, ref: network?.ref, ...switchUuid }
  const isManual = value('addressType') === 'static'
  const macAddress = value(isManual ? 'address' : 'generatedAddress') ?? ''
  const { uptCompatibilityEnabled, ...card } = networkCard(index, plug, macAddress, false)
  const $type = virtualCards.find(([, virtualDevice]) => virtualDevice === value('virtualDev'))?.[0] ?? 'VirtualVmxnet3'
  const addressType = isManual ? 'manual' : 'assigned'
  return $type === 'VirtualVmxnet3'
    ? { ...card, $type, addressType, uptCompatibilityEnabled }
    : { ...card, $type, addressType }
}
