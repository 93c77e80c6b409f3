import type { HostSystem } from './host.ts'
import { anotherHost, moveToHost } from './vm/move-vm.ts'
import { switchPower } from './vm/power.ts'

/** A host is gone at once, with all connections to it; its VMs that ran start anew on another one, as High Availability does. */
export async function crashHost(host: HostSystem): Promise<void> {
  host.connection = 'notResponding'
  host.nfc.disconnectAll()
  host.world.events.host(host, { $type: 'HostConnectionLostEvent', message: `Host ${host.name} is not responding` })
  for (const vm of host.vms.filter(({ power }) => power === 'on')) {
    await switchPower(vm, 'off', { hard: true })
    const target = anotherHost(vm)
    if (target === undefined) continue
    moveToHost(vm, target)
    await switchPower(vm, 'on')
  }
  host.world.inventory.changed()
}
