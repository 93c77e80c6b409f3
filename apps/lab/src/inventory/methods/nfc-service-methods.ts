import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import type { Call, Handlers } from '../../soap/call.ts'
import type { NfcTicketRequest } from '../../nfc/model.ts'
import { HostSystem } from '../host.ts'
import { DatastoreObject } from '../datastore.ts'
import { VirtualMachine } from '../virtual-machine.ts'

type Ticket = DataObject<'HostServiceTicket'>
type World = Call<'NfcGetVmFiles'>['world']

const nfcLibraryVersion = 11

/** Tickets for ESXi's file copy protocol. Source: nfc-wire.md §1. Evidence: observed on vCenter and ESXi 8.0. */
export const nfcServiceMethods: Handlers = {
  NfcGetVmFiles({ world, request }) {
    const vm = world.inventory.getAs(VirtualMachine, request.vm, 'vm')
    return ticketFor(world, vm.host, { access: 'read', vm: vm.storage })
  },

  NfcRandomAccessOpenReadonly: (call) => openDisk(call, 'read'),
  NfcRandomAccessOpenDisk: (call) => openDisk(call, 'write'),

  NfcGetServerNfcLibVersion({ world, request }) {
    if (world.mode === 'vcenter') hostOf(world, request.hostForAccess)
    return nfcLibraryVersion
  },

  NfcFileManagement({ world, request }) {
    const datastore = world.inventory.getAs(DatastoreObject, request.ds, 'ds')
    const host = datastore.hosts.find(({ connection }) => connection === 'connected')
    if (host === undefined) throw new VimFault('HostNotConnected')
    return ticketFor(world, host, { access: 'write' })
  },
}

function openDisk(
  { world, request, action }: Call<'NfcRandomAccessOpenDisk' | 'NfcRandomAccessOpenReadonly'>,
  access: 'read' | 'write',
): Ticket {
  const vm = world.inventory.getAs(VirtualMachine, request.vm, 'vm')
  const host = world.mode === 'vcenter' ? hostOf(world, request.hostForAccess) : vm.host
  if (host !== vm.host) throw new VimFault('InvalidArgument', { invalidProperty: 'hostForAccess' })
  if (!isKnownDisk(vm, request.diskDeviceKey))
    throw new VimFault('InvalidArgument', { invalidProperty: 'diskDeviceKey' })
  if (vm.keyMissing) throw new VimFault('InvalidState')
  const ticket = ticketFor(world, host, { access, vm: vm.storage, diskKey: request.diskDeviceKey })
  return action?.do === 'wrong-thumbprint' ? { ...ticket, sslThumbprint: Array(20).fill('00').join(':') } : ticket
}

/** A disk of the VM, or one that only a snapshot still has. */
function isKnownDisk(vm: VirtualMachine, key: number): boolean {
  const all = [...vm.storage.disks, ...vm.storage.snapshots.flatMap(({ disks }) => disks)]
  return all.some((disk) => disk.key === key)
}

function hostOf(world: World, ref: ManagedObjectReference | undefined): HostSystem {
  if (ref === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'hostForAccess' })
  return world.inventory.getAs(HostSystem, ref, 'hostForAccess')
}

/** Through a vCenter a ticket names its host; a host by itself leaves the name away. */
function ticketFor(world: World, host: HostSystem, request: Omit<NfcTicketRequest, 'service'>): Ticket {
  if (host.connection !== 'connected') throw new VimFault('HostNotConnected')
  if (host.maintenance) throw new VimFault('InvalidState') // that it is this fault: inferred
  const isVcenter = world.mode === 'vcenter'
  const { port, sslThumbprint, service, serviceVersion, sessionId } = host.nfc.issueTicket({
    ...request,
    service: isVcenter ? 'vpxa-nfc' : 'nfc',
  })
  return { ...(isVcenter ? { host: host.nfc.address } : {}), port, sslThumbprint, service, serviceVersion, sessionId }
}
