import { expect, it } from 'vitest'
import { type AnyOf, type DataObject, isA, type PropertyAt, type Request, type Response, safeNumber } from './index.ts'

// What the compiler knows. Each `ts-expect-error` is a test: it fails where the line below it compiles.

it('tells devices and backings apart by their type', () => {
  const devices: readonly AnyOf<'VirtualDevice'>[] = [
    { $type: 'VirtualLsiLogicController', key: 1000, busNumber: 0, sharedBus: 'noSharing' },
    {
      $type: 'VirtualDisk',
      key: 2000,
      capacityInKB: 4,
      backing: {
        $type: 'VirtualDiskFlatVer2BackingInfo',
        fileName: '[ds] a.vmdk',
        diskMode: 'persistent',
        changeId: 'u/1',
      },
    },
  ]
  const changeIds = devices.flatMap((device) => {
    if (device.$type !== 'VirtualDisk') return []
    const { backing } = device
    return backing?.$type === 'VirtualDiskFlatVer2BackingInfo' ? [backing.changeId] : []
  })
  expect(changeIds).toEqual(['u/1'])
})

it('narrows to a whole family with isA', () => {
  const controller: unknown = { $type: 'ParaVirtualSCSIController', key: 1000, busNumber: 0, sharedBus: 'noSharing' }
  expect(isA(controller, 'VirtualSCSIController') ? controller.busNumber : undefined).toBe(0)
  expect(isA(controller, 'VirtualDisk')).toBe(false)
  expect(isA({ $type: 'FromTheFuture' }, 'VirtualDevice')).toBe(false)
  expect(isA('text', 'VirtualDevice')).toBe(false)
})

it('refuses at compile time what the schema does not allow', () => {
  const _this = { type: 'VirtualMachine', value: 'vm-1' }
  // @ts-expect-error a required argument is missing
  const missing: Request<'CreateSnapshot_Task'> = { _this, name: 'a', memory: false }
  // @ts-expect-error an argument of a wrong type
  const wrong: Request<'CreateSnapshot_Task'> = { _this, name: 1, memory: false, quiesce: true }
  // @ts-expect-error a property the type does not have
  const unknown: DataObject<'VirtualMachineConfigSpec'> = { nmae: 'x' }
  // @ts-expect-error a polymorphic value must name its type
  const untyped: DataObject<'VirtualDeviceConfigSpec'> = { device: { key: 1 } }
  // @ts-expect-error not a value of the enumeration
  const state: DataObject<'TaskInfo'>['state'] = 'finished'
  expect([missing, wrong, unknown, untyped, state]).toHaveLength(5)
})

it('knows what a property path and a method give', () => {
  const devices: PropertyAt<'VirtualMachine', 'config.hardware.device'> = []
  const name: PropertyAt<'Datastore', 'summary.name'> = 'ds'
  const found: Response<'FindByUuid'> = undefined
  // @ts-expect-error a void method gives nothing
  const nothing: Response<'Logout'> = 1
  expect([devices, name, found, nothing]).toHaveLength(4)
})

it('takes a long for a size only when it is exact and not negative', () => {
  expect(safeNumber(2 ** 52, 'length')).toBe(2 ** 52)
  for (const value of [-1, 2 ** 53, 2n ** 60n, 0.5, Number.NaN])
    expect(() => safeNumber(value, 'the length')).toThrow(/^the length is .*no size or offset/)
})
