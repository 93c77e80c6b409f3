import { FormatError } from '@vmkeep/kit'
import type { DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import { describeVm } from '../../ovf/describe-vm.ts'
import { importSpec } from '../../ovf/import-spec.ts'
import { type OvfDescriptor, readDescriptor } from '../../ovf/read-descriptor.ts'
import type { Handlers } from '../../soap/call.ts'
import { DatastoreObject } from '../datastore.ts'
import { Network } from '../network.ts'
import { ResourcePool } from '../resource-pool.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import { Snapshot } from '../vm/snapshot.ts'

/** OVF descriptors, as far as a single VM with disks and network cards needs them. */
export const ovfMethods: Handlers = {
  CreateDescriptor({ world, request }) {
    const vm = world.inventory.getAs(VirtualMachine, request.obj, 'obj')
    const { snapshot, ovfFiles = [] } = request.cdp
    const settings =
      snapshot === undefined ? vm.settings : world.inventory.getAs(Snapshot, snapshot, 'cdp.snapshot').settings
    return { ovfDescriptor: describeVm(vm, settings, ovfFiles) }
  },

  CreateImportSpec({ world, request }) {
    const { inventory } = world
    inventory.getAs(ResourcePool, request.resourcePool, 'resourcePool')
    const { store } = inventory.getAs(DatastoreObject, request.datastore, 'datastore')
    const { entityName, diskProvisioning, networkMapping = [] } = request.cisp
    const ovf = read(request.ovfDescriptor)
    if ('faults' in ovf) return { error: ovf.faults }
    const networks = new Map(
      networkMapping.map(
        ({ name, network }) => [name, inventory.getAs(Network, network, 'cisp.networkMapping')] as const,
      ),
    )
    const { spec, files } = importSpec(ovf, {
      name: entityName === '' ? ovf.name : entityName,
      datastore: store.name,
      provisioning: diskProvisioning,
      networks,
    })
    return { importSpec: { $type: 'VirtualMachineImportSpec', configSpec: spec }, fileItem: [...files] }
  },

  ParseDescriptor({ request }) {
    const ovf = read(request.ovfDescriptor)
    const none = { annotation: '', virtualApp: false, defaultDeploymentOption: '' } as const
    if ('faults' in ovf) return { ...none, defaultEntityName: '', error: ovf.faults }
    const network = ovf.networks.map((name) => ({ name, description: '' }))
    return { ...none, defaultEntityName: ovf.name, network }
  },
}

function read(xml: string): OvfDescriptor | { readonly faults: DataObject<'LocalizedMethodFault'>[] } {
  try {
    return readDescriptor(xml)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const fault = new VimFault('OvfInvalidPackage', { lineNumber: 1 }, error.message)
    return { faults: [fault.localized as DataObject<'LocalizedMethodFault'>] }
  }
}
