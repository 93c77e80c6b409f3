import { describe, expect, it } from 'vitest'
import { type Fault, FakeSession, FaultAnswer, refOf } from '../fake-session.ts'
import { nfcServiceRef, openNfcTicket } from './nfc-ticket.ts'

const vm = refOf('VirtualMachine', 'vm-42')
const service = refOf('NfcService', 'nfcService')
const ticket = { sslThumbprint: 'AA:BB', service: 'vpxa-nfc', serviceVersion: '1.1', sessionId: '52 aa' }

const refusing = (fault: Fault) => () => {
  throw new FaultAnswer(fault)
}

function server(given: object, options: ConstructorParameters<typeof FakeSession>[1] = {}): FakeSession {
  const session = new FakeSession({}, options)
  session.put(vm, { runtime: { host: refOf('HostSystem', 'host-9') } })
  session.put(refOf('HostSystem', 'host-9'), { name: 'esx1.example' })
  session.handlers.RetrieveInternalContent = () => ({ nfcService: service })
  session.handlers.NfcRandomAccessOpenReadonly = () => ({ ...ticket, ...given })
  session.handlers.NfcRandomAccessOpenDisk = () => ({ ...ticket, ...given, sessionId: 'write' })
  return session
}

const read = { vm, deviceKey: 2000, access: 'read' } as const
const esxi = { about: { apiType: 'HostAgent' } }

describe('openNfcTicket', () => {
  it('asks for the disk on the host the VM is on now', async () => {
    const session = server({ host: 'esx1.mgmt', port: 902 })
    expect(await openNfcTicket(session, read)).toEqual({ ...ticket, host: 'esx1.mgmt', port: 902 })
    session.change(vm, { runtime: { host: refOf('HostSystem', 'host-10') } })
    await openNfcTicket(session, read)
    expect(session.requestsOf('NfcRandomAccessOpenReadonly').map(({ hostForAccess }) => hostForAccess?.value)).toEqual([
      'host-9',
      'host-10',
    ])
    expect(session.requestsOf('NfcRandomAccessOpenReadonly')[0]).toMatchObject({
      _this: service,
      vm,
      diskDeviceKey: 2000,
    })
  })

  it('asks for writing by another method', async () => {
    expect(await openNfcTicket(server({ host: 'h' }), { ...read, access: 'write' })).toMatchObject({
      sessionId: 'write',
    })
  })

  it('fills in what a host leaves out: itself, and the port', async () => {
    expect(await openNfcTicket(server({}, esxi), read)).toMatchObject({ host: 'vcenter.example', port: 902 })
    expect(await openNfcTicket(server({}), read)).toMatchObject({ host: 'esx1.example', port: 902 })
  })

  it('takes no ticket that does not say whom to trust', async () => {
    await expect(openNfcTicket(server({ sslThumbprint: undefined }), read)).rejects.toMatchObject({
      code: 'vsphere.bad-answer',
    })
  })

  it('says when the VM is on no host', async () => {
    const session = server({})
    session.put(vm, { runtime: {} })
    await expect(openNfcTicket(session, read)).rejects.toMatchObject({
      code: 'vsphere.vm-without-host',
      remedy: 'retry',
    })
  })

  it.each<[Fault, string]>([
    [{ $type: 'ManagedObjectNotFound', obj: service }, 'vsphere.nfc-unavailable'],
    [{ $type: 'MethodNotFound', receiver: service, method: 'x' }, 'vsphere.nfc-unavailable'],
    [{ $type: 'InvalidRequest' }, 'vsphere.nfc-unavailable'],
    [{ $type: 'ManagedObjectNotFound', obj: vm }, 'vsphere.not-found'],
    [{ $type: 'NoPermission', privilegeId: 'VirtualMachine.Provisioning.DiskRandomRead' }, 'vsphere.no-permission'],
    [{ $type: 'RestrictedVersion' }, 'vsphere.restricted-licence'],
  ])('tells %j as %s', async (fault, code) => {
    const session = server({})
    session.handlers.NfcRandomAccessOpenReadonly = refusing(fault)
    await expect(openNfcTicket(session, read)).rejects.toMatchObject({ code })
  })
})

describe('nfcServiceRef', () => {
  it('is what the server names, or the usual name where the server does not say', async () => {
    expect(await nfcServiceRef(server({}))).toEqual(service)
    const silent = (options: ConstructorParameters<typeof FakeSession>[1]) => {
      const session = server({}, options)
      session.handlers.RetrieveInternalContent = refusing({ $type: 'InvalidRequest' })
      return session
    }
    expect((await nfcServiceRef(silent({}))).value).toBe('nfcService')
    expect((await nfcServiceRef(silent(esxi))).value).toBe('ha-nfc-service')
    const empty = server({})
    empty.handlers.RetrieveInternalContent = () => ({})
    expect((await nfcServiceRef(empty)).value).toBe('nfcService')
  })
})
