import { describe, expect, it } from 'vitest'
import { aVm, configOf, diskDevice, scsiController } from './fixtures.ts'
import { disksOf } from './disks-of.ts'
import type { Device, VmConfig } from './vm-disk.ts'
import type { Vm } from './vm.ts'
import { isWindows, whyNotApplication } from './why-not-application.ts'

const enabled = { extraConfig: [{ $type: 'OptionValue', key: 'disk.EnableUUID', value: 'TRUE' }] } as const
const windows = (changes: Partial<Vm> = {}, config: Partial<VmConfig> = enabled, devices?: readonly Device[]): Vm => {
  const all = devices ?? [scsiController(), diskDevice()]
  const whole = configOf(all, { guestId: 'windows2019srvNext_64Guest', ...config })
  return aVm({ devices: all, disks: disksOf(whole), config: whole, ...changes })
}
const sata = { $type: 'VirtualAHCIController', key: 15_000, busNumber: 0, controllerKey: 100, unitNumber: 24 } as Device
const disks = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    diskDevice({ key: 2000 + index, unitNumber: index < 7 ? index : index + 1 }),
  )

describe('an application-consistent snapshot', () => {
  it.each<[string, Vm, string[]]>([
    ['has nothing in its way', windows(), []],
    ['has the flag for the setting', windows({}, { flags: { diskUuidEnabled: true } }), []],
    ['needs the Tools', windows({ toolsRunning: false }), ['application-tools']],
    ['needs disk uuids', windows({}, {}), ['application-disk-uuids']],
    [
      'believes the setting more than the flag',
      windows(
        {},
        {
          extraConfig: [{ $type: 'OptionValue', key: 'disk.enableUUID', value: 'false' }],
          flags: { diskUuidEnabled: true },
        },
      ),
      ['application-disk-uuids'],
    ],
    [
      'needs SCSI disks',
      windows({}, enabled, [scsiController(), sata, diskDevice({ controllerKey: 15_000 })]),
      ['application-not-scsi'],
    ],
    ['fits with seven disks', windows({}, enabled, [scsiController(), ...disks(7)]), []],
    ['needs a slot for each disk', windows({}, enabled, [scsiController(), ...disks(8)]), ['application-scsi-slots']],
    ['is not made of encrypted VMs', windows({ encrypted: true }), ['application-encrypted']],
  ])('%s', (_, vm, codes) => {
    const reasons = whyNotApplication(vm)
    expect(reasons.map(({ code }) => code)).toEqual(codes)
    for (const { sentence } of reasons) expect(sentence).toMatch(/^[A-Zvd].{20,}\.$/)
  })

  it('is for Windows', () => {
    expect(isWindows(windows())).toBe(true)
    expect(isWindows(aVm())).toBe(false)
    expect(isWindows(aVm({ config: undefined }))).toBe(false)
  })
})
