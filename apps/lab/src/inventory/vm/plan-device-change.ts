import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { policyOfSpec } from '../../policies/policy-of-spec.ts'
import { checkAttach } from './check-attach.ts'
import { isController } from './controllers.ts'
import { planDisk } from './disk-plan.ts'
import { type DeviceChangeContext, refused } from './device-change-context.ts'
import { diskWish } from './disk-wish.ts'
import { finishedDevice } from './finished-device.ts'
import type { ReconfigurePlan } from './plan-reconfigure.ts'
import type { Device, VmSettings } from './vm-settings.ts'

type DeviceChange = AnyOf<'VirtualDeviceConfigSpec'>
type DiskDevice = Extract<Device, { readonly $type: 'VirtualDisk' }>

/** Adds one device change to a plan. @throws VimFault `InvalidDeviceSpec` and its kin */
export function planDeviceChange(
  vm: VirtualMachine,
  plan: ReconfigurePlan,
  change: DeviceChange,
  context: DeviceChangeContext,
): ReconfigurePlan {
  const { device, operation } = change
  const isDisk = device.$type === 'VirtualDisk'
  if (operation === 'add') return isDisk ? addDisk(vm, plan, change, context) : addDevice(vm, plan, device, context)
  if (operation === 'remove') return isDisk ? removeDisk(plan, change, context) : removeDevice(plan, device, context)
  if (operation === 'edit') return isDisk ? editDisk(vm, plan, device, context) : editDevice(plan, device, context)
  throw refused('operation', context)
}

function addDisk(
  vm: VirtualMachine,
  plan: ReconfigurePlan,
  change: DeviceChange,
  context: DeviceChangeContext,
): ReconfigurePlan {
  const device = change.device as DiskDevice
  const wish = diskWish(vm, device, change.fileOperation, context)
  const policyId = policyOfSpec(vm.world, change.profile, 'spec.deviceChange.profile')
  const controllerKey = context.keys.get(wish.controllerKey) ?? wish.controllerKey
  const planned = planDisk(plan.settings, { ...wish, controllerKey, policyId }, context.index)
  checkAttach(vm, planned, context)
  context.keys.set(device.key, planned.disk.key)
  return {
    settings: { ...plan.settings, disks: [...plan.settings.disks, planned.disk] },
    diskChanges: [...plan.diskChanges, { kind: 'add', planned }],
  }
}

function removeDisk(
  plan: ReconfigurePlan,
  { device, fileOperation }: DeviceChange,
  context: DeviceChangeContext,
): ReconfigurePlan {
  if (!plan.settings.disks.some(({ key }) => key === device.key)) throw notFound(context)
  return {
    settings: { ...plan.settings, disks: plan.settings.disks.filter(({ key }) => key !== device.key) },
    diskChanges: [...plan.diskChanges, { kind: 'remove', key: device.key, destroy: fileOperation === 'destroy' }],
  }
}

/** A disk may grow; it may not change its file, and not shrink. */
function editDisk(
  vm: VirtualMachine,
  plan: ReconfigurePlan,
  device: DiskDevice,
  context: DeviceChangeContext,
): ReconfigurePlan {
  const known = plan.settings.disks.find(({ key }) => key === device.key)
  if (known === undefined) throw notFound(context)
  const now = vm.storage.disk(device.key).capacityBytes
  const asked = Number(device.capacityInBytes ?? Number(device.capacityInKB) * 1024)
  if (asked < now) throw refused('device.capacityInKB', context)
  const edited = { ...known, ...(device.shares === undefined ? {} : { shares: device.shares }) }
  return {
    settings: { ...plan.settings, disks: plan.settings.disks.map((disk) => (disk === known ? edited : disk)) },
    diskChanges:
      asked === now ? plan.diskChanges : [...plan.diskChanges, { kind: 'grow', key: device.key, capacityBytes: asked }],
  }
}

function addDevice(
  vm: VirtualMachine,
  plan: ReconfigurePlan,
  device: Device,
  context: DeviceChangeContext,
): ReconfigurePlan {
  const finished = finishedDevice(vm, plan.settings, device, context)
  context.keys.set(device.key, finished.key)
  return withDevices(plan, [...plan.settings.devices, finished])
}

function removeDevice(plan: ReconfigurePlan, device: Device, context: DeviceChangeContext): ReconfigurePlan {
  const known = knownDevice(plan.settings, device, context)
  const isUsed = plan.settings.disks.some(({ controllerKey }) => controllerKey === known.key)
  if (isController(known) && isUsed) throw refused('device.key', context)
  return withDevices(
    plan,
    plan.settings.devices.filter((one) => one !== known),
  )
}

function editDevice(plan: ReconfigurePlan, device: Device, context: DeviceChangeContext): ReconfigurePlan {
  const known = knownDevice(plan.settings, device, context)
  if (known.$type !== device.$type) throw refused('device', context)
  const given = Object.entries(device).filter(([, value]) => value !== undefined)
  const edited = { ...known, ...(Object.fromEntries(given) as Partial<Device>), deviceInfo: known.deviceInfo } as Device
  return withDevices(
    plan,
    plan.settings.devices.map((one) => (one === known ? edited : one)),
  )
}

const withDevices = (plan: ReconfigurePlan, devices: readonly Device[]): ReconfigurePlan => ({
  ...plan,
  settings: { ...plan.settings, devices },
})

function knownDevice(settings: VmSettings, { key }: DataObject<'VirtualDevice'>, context: DeviceChangeContext): Device {
  const known = settings.devices.find((one) => one.key === key)
  if (known === undefined) throw notFound(context)
  return known
}

const notFound = ({ index }: DeviceChangeContext): VimFault =>
  new VimFault(
    'DeviceNotFound',
    { property: 'virtualDeviceSpec.device.key', deviceIndex: index },
    `Invalid configuration for device '${index}'.`,
  )
