import { AppError } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import type { AnyOf } from '../types/data-object.ts'
import { encodeFault, readAnswer } from './envelope.ts'
import { errorOfFault, faultOf, isNotAuthenticated } from './fault-error.ts'

type Fault = AnyOf<'MethodFault'>
const vm = { type: 'VirtualMachine', value: 'vm-1' }
const refused = (fault: Fault | undefined, text = 'The text.') =>
  errorOfFault(fault, { host: 'vc', method: 'ReconfigVM_Task', object: vm, text })

describe('a fault', () => {
  it.each<[Fault['$type'], string]>([
    ['NotAuthenticated', 'vsphere.not-authenticated'],
    ['NoPermission', 'vsphere.no-permission'],
    ['InvalidLogin', 'vsphere.login-failed'],
    ['ManagedObjectNotFound', 'vsphere.not-found'],
    ['TaskInProgress', 'vsphere.busy'],
    ['ConcurrentAccess', 'vsphere.busy'],
    ['HostNotConnected', 'vsphere.host-unreachable'],
    ['HostCommunication', 'vsphere.host-unreachable'],
    ['InvalidHostConnectionState', 'vsphere.host-unreachable'],
    ['Timedout', 'vsphere.fault-timed-out'],
    ['RequestCanceled', 'vsphere.request-cancelled'],
    ['InvalidArgument', 'vsphere.invalid-argument'],
    ['InvalidProperty', 'vsphere.invalid-argument'],
    ['InvalidRequest', 'vsphere.invalid-request'],
    ['MethodNotFound', 'vsphere.not-supported'],
    ['NotSupported', 'vsphere.not-supported'],
    ['RestrictedVersion', 'vsphere.restricted-licence'],
    ['NotEnoughLicenses', 'vsphere.restricted-licence'],
    ['InvalidPowerState', 'vsphere.invalid-state'],
    ['InvalidDeviceSpec', 'vsphere.invalid-configuration'],
    ['DuplicateName', 'vsphere.name-taken'],
    ['FileNotFound', 'vsphere.file-not-found'],
    ['FileLocked', 'vsphere.file-locked'],
    ['CannotAccessFile', 'vsphere.file-fault'],
    ['NoDiskSpace', 'vsphere.datastore-full'],
    ['InaccessibleDatastore', 'vsphere.datastore-unavailable'],
    ['ApplicationQuiesceFault', 'vsphere.snapshot-quiesce-failed'],
    ['FilesystemQuiesceFault', 'vsphere.snapshot-quiesce-failed'],
    ['TooManySnapshotLevels', 'vsphere.snapshot-failed'],
    ['InsufficientResourcesFault', 'vsphere.out-of-resources'],
    ['InvalidGuestLogin', 'vsphere.guest-login-refused'],
    ['GuestOperationsUnavailable', 'vsphere.guest-unavailable'],
    ['ToolsUnavailable', 'vsphere.guest-unavailable'],
    ['GuestPermissionDenied', 'vsphere.guest-operation-refused'],
    ['SystemError', 'vsphere.fault'],
    ['RuntimeFault', 'vsphere.fault'],
  ])('%s is %s', ($type, code) => {
    const error = refused({ $type } as Fault)
    expect(error.code).toBe(code)
    expect(error.details).toMatchObject({ host: 'vc', method: 'ReconfigVM_Task', object: 'VirtualMachine:vm-1' })
    expect(faultOf(error)?.$type).toBe($type)
  })

  it('of a type unknown here, or without any detail, is told by its text', () => {
    expect(refused({ $type: 'FromTheFuture' } as never)).toMatchObject({
      code: 'vsphere.fault',
      message: 'vc: ReconfigVM_Task on VirtualMachine:vm-1: The text. (FromTheFuture)',
    })
    expect(refused(undefined, '')).toMatchObject({
      code: 'vsphere.fault',
      message: 'vc: ReconfigVM_Task on VirtualMachine:vm-1: fault without detail',
    })
  })

  it('that is too general is told by its text where that is known', () => {
    const text = 'An error occurred while saving the snapshot: Failed to quiesce the virtual machine.'
    expect(refused({ $type: 'GenericVmConfigFault', reason: '' }, text).code).toBe('vsphere.snapshot-quiesce-failed')
    expect(refused({ $type: 'FileLocked', file: 'f' }, text).code).toBe('vsphere.file-locked')
    expect(refused(undefined, 'The session is not authenticated.').code).toBe('vsphere.not-authenticated')
    expect(isNotAuthenticated(undefined, 'The session is not authenticated.')).toBe(true)
    expect(isNotAuthenticated({ $type: 'NoPermission' }, 'Permission to perform this operation was denied.')).toBe(
      false,
    )
  })

  it('about a file in a guest never blames a datastore', () => {
    const object = { type: 'GuestProcessManager', value: 'g' }
    const call = { host: 'vc', method: 'StartProgramInGuest', object, text: 'Not there.' }
    const error = errorOfFault({ $type: 'FileNotFound', file: '/opt/freeze' }, call)
    expect(error).toMatchObject({ code: 'vsphere.guest-file-refused', message: expect.stringContaining('/opt/freeze') })
  })

  it('names what to mend', () => {
    const entity = { type: 'Datastore', value: 'datastore-7' }
    const missingPrivileges = [{ entity, privilegeIds: ['Datastore.Browse', 'Datastore.FileManagement'] }]
    expect(refused({ $type: 'NoPermission', missingPrivileges }).message).toBe(
      'vc: ReconfigVM_Task on VirtualMachine:vm-1: the user lacks Datastore.Browse, Datastore.FileManagement on Datastore:datastore-7; add it to the role of the backup user',
    )
    expect(refused({ $type: 'FileLocked', file: '[ds] a.vmdk' }).message).toContain('[ds] a.vmdk')
    expect(refused({ $type: 'NoDiskSpace', file: '[ds] a.vmdk', datastore: 'ds' }).message).toContain(
      ': ds; free space',
    )
    expect(refused({ $type: 'InvalidArgument', invalidProperty: 'spec.name' }).message).toContain('spec.name')
  })

  it('is found behind the errors it caused', () => {
    const fault: Fault = { $type: 'FileLocked', file: 'f' }
    const outer = new AppError('backup.failed', 'retry', 'x', { cause: new Error('y', { cause: refused(fault) }) })
    expect(faultOf(outer)).toEqual(fault)
    expect(faultOf(new Error('no fault'))).toBeUndefined()
    expect(faultOf(fail('vsphere.session-closed', { host: 'vc' }))).toBeUndefined()
  })
})

describe('a fault on the wire', () => {
  const envelope = (detail: string) =>
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>text</faultstring>${detail}</soapenv:Fault></soapenv:Body></soapenv:Envelope>`
  const read = (detail: string) => {
    const answer = readAnswer(envelope(detail))
    return 'fault' in answer ? answer.fault : undefined
  }

  // Typed in from descriptions of vCenter's and vcsim's faults.
  it.each([
    [
      'by its xsi:type',
      '<detail><ManagedObjectNotFoundFault xmlns="urn:vim25" xsi:type="ManagedObjectNotFound"><obj type="VirtualMachine">vm-9999</obj></ManagedObjectNotFoundFault></detail>',
      { $type: 'ManagedObjectNotFound', obj: { type: 'VirtualMachine', value: 'vm-9999' } },
    ],
    [
      'by its tag, for want of a type',
      '<detail><InvalidPropertyFault xmlns="urn:vim25"><name>config.x</name></InvalidPropertyFault></detail>',
      { $type: 'InvalidProperty', name: 'config.x' },
    ],
    ['by a tag nobody knows', '<detail><OddFault xmlns="urn:vim25"/></detail>', { $type: 'Odd' }],
    ['by a type nobody knows', '<detail><OddFault xmlns="urn:vim25" xsi:type="Odder"/></detail>', { $type: 'Odder' }],
    ['not at all, without detail', '', undefined],
    ['not at all, with an empty one', '<detail/>', undefined],
  ])('is known %s', (_name, detail, fault) =>
    expect(read(detail)).toMatchObject({ code: 'ServerFaultCode', text: 'text', ...(fault && { fault }) }),
  )

  it('is written as vCenter writes it, and read back', () => {
    const fault: Fault = { $type: 'InvalidProperty', name: 'a<b' }
    const xml = encodeFault('', fault)
    expect(xml).toContain(
      '<detail><InvalidPropertyFault xmlns="urn:vim25" xsi:type="InvalidProperty"><name>a&lt;b</name></InvalidPropertyFault></detail>',
    )
    expect(readAnswer(xml)).toEqual({ fault: { code: 'ServerFaultCode', text: '', fault } })
    expect(readAnswer(encodeFault('t', { $type: 'InvalidLogin' }))).toEqual({
      fault: { code: 'ServerFaultCode', text: 't', fault: { $type: 'InvalidLogin' } },
    })
  })
})
