import type { AnyOf, DataObject, ManagedObjectName, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Folder } from './folder.ts'
import { ManagedEntity } from './managed-entity.ts'
import type { World } from './world.ts'

/** A network every host of the lab has. */
export class Network extends ManagedEntity {
  constructor(world: World, value: string, name: string, parent: Folder, type: ManagedObjectName = 'Network') {
    super(world, type, value, name, parent)
  }

  get summary(): AnyOf<'NetworkSummary'> {
    return { $type: 'NetworkSummary', network: this.ref, name: this.name, accessible: true, ipPoolName: '' }
  }
  get host(): readonly ManagedObjectReference[] {
    return this.world.hosts.map(({ ref }) => ref)
  }
  get vm(): readonly ManagedObjectReference[] {
    const vms = this.world.vms
    return vms.filter((vm) => vm.network.some(({ value }) => value === this.ref.value)).map(({ ref }) => ref)
  }
}

export class DistributedSwitch extends ManagedEntity {
  readonly uuid: string
  readonly portgroups: DistributedPortgroup[] = []

  constructor(world: World, value: string, name: string, uuid: string, parent: Folder) {
    super(world, 'VmwareDistributedVirtualSwitch', value, name, parent)
    this.uuid = uuid
  }

  get summary(): DataObject<'DVSSummary'> {
    const hosts = this.world.hosts.map(({ ref }) => ref)
    return {
      name: this.name,
      uuid: this.uuid,
      numPorts: 128,
      hostMember: hosts,
      host: hosts,
      portgroupName: this.portgroups.map(({ name }) => name),
      numHosts: hosts.length,
    }
  }
  get portgroup(): readonly ManagedObjectReference[] {
    return this.portgroups.map(({ ref }) => ref)
  }
}

export class DistributedPortgroup extends Network {
  readonly switch: DistributedSwitch

  constructor(world: World, value: string, name: string, owner: DistributedSwitch, parent: Folder) {
    super(world, value, name, parent, 'DistributedVirtualPortgroup')
    this.switch = owner
  }

  get key(): string {
    return this.ref.value
  }
  get config(): DataObject<'DVPortgroupConfigInfo'> {
    return {
      key: this.key,
      name: this.name,
      numPorts: 128,
      distributedVirtualSwitch: this.switch.ref,
      type: 'earlyBinding',
      backingType: 'standard',
      policy: {
        $type: 'DVPortgroupPolicy',
        blockOverrideAllowed: true,
        shapingOverrideAllowed: false,
        vendorConfigOverrideAllowed: false,
        livePortMovingAllowed: false,
        portConfigResetAtDisconnect: true,
      },
      configVersion: '1',
      autoExpand: true,
      uplink: false,
    }
  }
  get portKeys(): readonly string[] {
    return this.vm.map((_, index) => `${index}`)
  }
}
