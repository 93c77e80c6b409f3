import type { Device } from './vm-settings.ts'

const described = (label: string, summary = label) => ({ $type: 'Description', label, summary }) as const

/** The devices every VM has, with the keys vSphere gives them. Source: configs quoted in public issues. Evidence: observed. */
export const defaultDevices: readonly Device[] = [
  { $type: 'VirtualIDEController', key: 200, deviceInfo: described('IDE 0'), busNumber: 0 },
  { $type: 'VirtualIDEController', key: 201, deviceInfo: described('IDE 1'), busNumber: 1 },
  { $type: 'VirtualPS2Controller', key: 300, deviceInfo: described('PS2 controller 0'), busNumber: 0 },
  { $type: 'VirtualPCIController', key: 100, deviceInfo: described('PCI controller 0'), busNumber: 0 },
  { $type: 'VirtualSIOController', key: 400, deviceInfo: described('SIO controller 0'), busNumber: 0 },
  { $type: 'VirtualKeyboard', key: 600, deviceInfo: described('Keyboard'), controllerKey: 300, unitNumber: 0 },
  {
    $type: 'VirtualPointingDevice',
    key: 700,
    deviceInfo: described('Pointing device', 'Pointing device; Device'),
    backing: {
      $type: 'VirtualPointingDeviceDeviceBackingInfo',
      deviceName: '',
      useAutoDetect: false,
      hostPointingDevice: 'autodetect',
    },
    controllerKey: 300,
    unitNumber: 1,
  },
  {
    $type: 'VirtualMachineVideoCard',
    key: 500,
    deviceInfo: described('Video card'),
    controllerKey: 100,
    unitNumber: 0,
    videoRamSizeInKB: 4096,
    numDisplays: 1,
    useAutoDetect: false,
    enable3DSupport: false,
    use3dRenderer: 'automatic',
    graphicsMemorySizeInKB: 262_144,
  },
  {
    $type: 'VirtualMachineVMCIDevice',
    key: 12_000,
    deviceInfo: described(
      'VMCI device',
      'Device on the virtual machine PCI bus that provides support for the virtual machine communication interface',
    ),
    controllerKey: 100,
    unitNumber: 17,
    id: -1,
    allowUnrestrictedCommunication: false,
    filterEnable: true,
  },
]
