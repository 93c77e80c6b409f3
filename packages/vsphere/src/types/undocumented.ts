// What the public API reference does not list, but vCenter and ESXi answer to.
import { dataTypes, methods } from './notation.ts'

export const undocumentedTypes = dataTypes({
  // About twenty references come; the others are kept, untyped, as unknown elements.
  // Source: public interoperability notes on NFC tickets (OpenVixDiskLib, docs). Evidence: observed on vCenter and ESXi 8.0.
  InternalServiceInstanceContent: {
    nfcService: 'ref?',
  },
  // Source: public clients that lock a VM against migration. Evidence: observed.
  DisabledMethodRequest: {
    method: 'string',
    reasonId: 'string',
  },
})

export const undocumentedMethods = methods({
  RetrieveInternalContent: { $on: 'ServiceInstance', $returns: 'InternalServiceInstanceContent' },
  // One property of one object; the answer's namespace is the body's own.
  // Source: pyvmomi, ovftool and Xen Orchestra all send it. Evidence: observed.
  Fetch: {
    $on: 'ManagedObject',
    prop: 'string',
    $returns: 'any?',
  },
  // Tickets for ESXi's file copy protocol. Source: the same notes as above. Evidence: observed on vCenter and ESXi 8.0.
  NfcGetVmFiles: {
    $on: 'NfcService',
    vm: 'ref',
    $returns: 'HostServiceTicket',
  },
  NfcRandomAccessOpenReadonly: {
    $on: 'NfcService',
    vm: 'ref',
    diskDeviceKey: 'int',
    hostForAccess: 'ref?',
    $returns: 'HostServiceTicket',
  },
  NfcRandomAccessOpenDisk: {
    $on: 'NfcService',
    vm: 'ref',
    diskDeviceKey: 'int',
    hostForAccess: 'ref?',
    $returns: 'HostServiceTicket',
  },
  NfcGetServerNfcLibVersion: {
    $on: 'NfcService',
    hostForAccess: 'ref?',
    $returns: 'int',
  },
  NfcFileManagement: {
    $on: 'NfcService',
    ds: 'ref',
    $returns: 'HostServiceTicket',
  },
  // Source: public clients that keep a VM from being migrated during a backup. Evidence: observed.
  DisableMethods: {
    $on: 'AuthorizationManager',
    entity: 'ref[]',
    method: 'DisabledMethodRequest[]',
    sourceId: 'string',
    sessionScope: 'boolean?',
  },
  EnableMethods: {
    $on: 'AuthorizationManager',
    entity: 'ref[]',
    method: 'string[]',
    sourceId: 'string',
  },
})
