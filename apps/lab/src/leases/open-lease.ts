import { uuidOf } from '../config/uuid.ts'
import { removeVm } from '../inventory/vm/remove-vm.ts'
import type { VirtualMachine } from '../inventory/virtual-machine.ts'
import { type Call, sessionOf } from '../soap/call.ts'
import { addSessionObject } from '../soap/session-objects.ts'
import { HttpNfcLease } from './http-nfc-lease.ts'
import type { LeaseFile } from './lease-file.ts'

/** What a lease's task is called. Source: tasks shown by vCenter for an OVF export and import. Evidence: inferred (`ImportVAppLRO`: observed). */
const descriptionIds = { export: 'VirtualMachine.exportVmLRO', import: 'ResourcePool.ImportVAppLRO' } as const

/** Makes a lease on a VM and starts its task. @throws VimFault `TaskInProgress` */
export function openLease(
  call: Call<'ExportVm' | 'ExportSnapshot' | 'ImportVApp'>,
  vm: VirtualMachine,
  { mode, files }: { readonly mode: 'export' | 'import'; readonly files: readonly LeaseFile[] },
): HttpNfcLease {
  const { world, method } = call
  world.tasks.mustBeFree(vm)
  const session = sessionOf(call)
  const token = uuidOf(world.random)
  const lease = addSessionObject(
    world,
    session,
    (value) =>
      new HttpNfcLease(value, {
        vm,
        mode,
        files,
        urlOf: ({ name }) => `${hostUrl(vm)}/${token}/${name}`,
        sslThumbprint: vm.host.certificate.thumbprintSha1,
        timeoutSeconds: world.settings.leaseTimeoutSeconds,
        sessionEnded: session.ended,
        undo: () => (mode === 'import' ? takeBack(vm) : undefined),
      }),
  )
  world.leases.add(token, lease, vm.host)
  const { name: userName } = session.user
  const task = { name: method, descriptionId: descriptionIds[mode], entity: vm, userName, cancelable: true, locks: vm }
  world.tasks.start(task, (running) => lease.run(running))
  return lease
}

/** A vCenter names the host; a host leaves its own name to who asks. Source: pyvmomi-community-samples issue 417. Evidence: observed. */
function hostUrl({ world, host }: VirtualMachine): string {
  return world.mode === 'esxi' ? 'https://*/ha-nfc' : `https://${host.nfc.address}:${host.webPort}/nfc`
}

/** What is left of an import that was aborted, timed out or was cancelled. Source: govmomi issue 1025. Evidence: observed. */
function takeBack(vm: VirtualMachine): void {
  if (!vm.world.inventory.has(vm)) return
  try {
    removeVm(vm, { destroy: true })
  } catch (error) {
    vm.world.report(error)
  }
}
