import { VimFault } from '../../faults/vim-fault.ts'
import { HttpNfcLease } from '../../leases/http-nfc-lease.ts'
import { leaseFiles } from '../../leases/lease-file.ts'
import { openLease } from '../../leases/open-lease.ts'
import { type Call, type Handlers, targetAs } from '../../soap/call.ts'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import { plainName } from '../entity-name.ts'
import { Folder } from '../folder.ts'
import { ResourcePool } from '../resource-pool.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import { checkReachable } from '../vm/check-snapshot.ts'
import { createVm, placeOf } from '../vm/create-vm.ts'
import { mustBe } from '../vm/power.ts'
import { reconfigurePrivileges } from '../vm/reconfigure-privileges.ts'
import { Snapshot } from '../vm/snapshot.ts'

/** Leases. Source: vSphere Web Services API 8.0, HttpNfcLease and the methods that give one. Evidence: documented. */
export const leaseMethods: Handlers = {
  ExportVm(call) {
    const vm = targetAs(call, VirtualMachine)
    checkReachable(vm)
    mustBe(vm, ['off'])
    return openLease(call, vm, {
      mode: 'export',
      files: leaseFiles(vm.settings, vm.storage.disks, { entity: vm.ref.value }),
    }).ref
  },

  /** Of a running VM, too. Disks that no snapshot takes are not in it. */
  ExportSnapshot(call) {
    const { owner, frozen, settings } = targetAs(call, Snapshot)
    checkReachable(owner)
    return openLease(call, owner, {
      mode: 'export',
      files: leaseFiles(settings, frozen.disks, { entity: owner.ref.value }),
    }).ref
  },

  async ImportVApp(call) {
    const vm = await importedVm(call)
    const names = { entity: vm.ref.value, importedAs: plainName(vm.name) }
    return openLease(call, vm, { mode: 'import', files: leaseFiles(vm.settings, vm.storage.disks, names) }).ref
  },

  HttpNfcLeaseProgress(call) {
    const lease = struck(call)
    lease.renew(call.request.percent)
  },

  async HttpNfcLeaseComplete(call) {
    const lease = struck(call)
    lease.complete()
    await call.world.tasks.released(lease.vm)
  },

  async HttpNfcLeaseAbort(call) {
    const lease = struck(call)
    const { fault } = call.request
    lease.abort(new VimFault('RequestCanceled', {}, fault?.localizedMessage))
    await call.world.tasks.released(lease.vm)
  },

  HttpNfcLeaseGetManifest(call) {
    const { manifest } = struck(call)
    if (call.action?.do === 'short-manifest') return []
    if (call.action?.do === 'wrong-checksum') return manifest.map((entry) => ({ ...entry, sha1: 'f'.repeat(40) }))
    return [...manifest]
  },
}

function struck(
  call: Call<'HttpNfcLeaseProgress' | 'HttpNfcLeaseComplete' | 'HttpNfcLeaseAbort' | 'HttpNfcLeaseGetManifest'>,
) {
  const lease = targetAs(call, HttpNfcLease)
  if (call.action?.do === 'expire-lease') lease.expire()
  return lease
}

/** Makes the VM of an import, its disks empty. Only single VMs are imported here. */
async function importedVm(call: Call<'ImportVApp'>): Promise<VirtualMachine> {
  const pool = targetAs(call, ResourcePool)
  const { spec, folder } = call.request
  if (spec.$type !== 'VirtualMachineImportSpec') throw new VimFault('NotSupported')
  if (folder === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'folder' })
  const parent = call.world.inventory.getAs(Folder, folder, 'folder')
  const { deviceChange, vmProfile } = spec.configSpec
  const needed = reconfigurePrivileges({ deviceChange, vmProfile })
  checkPrivileges(call, parent, ['VirtualMachine.Inventory.Create', ...needed])
  checkPrivileges(call, pool, ['Resource.AssignVMToPool'])
  return await createVm(parent, spec.configSpec, placeOf(call, pool.ref))
}
