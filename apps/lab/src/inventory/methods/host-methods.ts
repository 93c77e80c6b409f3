import { type Handlers, targetAs } from '../../soap/call.ts'
import { startTask } from '../../tasks/start-task.ts'
import { VimFault } from '../../faults/vim-fault.ts'
import { HostSystem } from '../host.ts'
import { anotherHost, moveToHost } from '../vm/move-vm.ts'

export const hostMethods: Handlers = {
  EnterMaintenanceMode_Task(call) {
    const host = targetAs(call, HostSystem)
    return startTask(call, { descriptionId: 'HostSystem.enterMaintenanceMode', entity: host }, () =>
      maintain(host, true),
    )
  },
  ExitMaintenanceMode_Task(call) {
    const host = targetAs(call, HostSystem)
    return startTask(call, { descriptionId: 'HostSystem.exitMaintenanceMode', entity: host }, () =>
      maintain(host, false),
    )
  },
}

/**
 * VMs that run move away first, as a cluster with DRS does; those that are off stay, and nothing of them is served.
 *
 * Source: vSphere Web Services API 8.0, EnterMaintenanceMode_Task; virt-v2v's manual on hosts in maintenance mode. Evidence: documented.
 *
 * @throws VimFault `Timedout` if a VM that runs has nowhere to go
 */
function maintain(host: HostSystem, maintenance: boolean): void {
  if (maintenance) evacuate(host)
  host.maintenance = maintenance
  if (maintenance) host.nfc.disconnectAll()
  host.world.inventory.changed()
  host.world.events.host(host, {
    $type: maintenance ? 'EnteredMaintenanceModeEvent' : 'ExitMaintenanceModeEvent',
    message: `Host ${host.name} has ${maintenance ? 'entered' : 'exited'} maintenance mode`,
  })
}

function evacuate(host: HostSystem): void {
  for (const vm of host.vms.filter(({ power }) => power === 'on')) {
    const target = anotherHost(vm)
    if (target === undefined || target.maintenance || target.connection !== 'connected') throw new VimFault('Timedout')
    moveToHost(vm, target)
  }
}
