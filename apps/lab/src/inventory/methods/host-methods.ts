import { type Handlers, targetAs } from '../../soap/call.ts'
import { startTask } from '../../tasks/start-task.ts'
import { HostSystem } from '../host.ts'

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

function maintain(host: HostSystem, maintenance: boolean): void {
  host.maintenance = maintenance
  host.world.inventory.changed()
  host.world.events.host(host, {
    $type: maintenance ? 'EnteredMaintenanceModeEvent' : 'ExitMaintenanceModeEvent',
    message: `Host ${host.name} has ${maintenance ? 'entered' : 'exited'} maintenance mode`,
  })
}
