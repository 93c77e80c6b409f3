import { VirtualMachine } from '../inventory/virtual-machine.ts'
import type { World } from '../inventory/world.ts'
import { Inventory } from '../inventory/inventory.ts'
import { PlainService } from '../inventory/services.ts'
import { VimFault } from '../faults/vim-fault.ts'
import { type Call, type Handlers, sessionOf } from '../soap/call.ts'
import { hasOn } from '../soap/user.ts'
import type { LabPolicy } from './policies.ts'

const manager = new PlainService('PbmProfileProfileManager', 'ProfileManager')

/** What can be called on /pbm. */
export function policyServices(): Inventory {
  const services = new Inventory()
  services.add(new PlainService('PbmServiceInstance', 'ServiceInstance'))
  services.add(manager)
  return services
}

/**
 * Storage policies, as far as reading them goes.
 *
 * Source: VMware Storage Policy API; what is refused without a right, and for objects that are not there, is inferred. Held by govc.
 */
export const policyMethods: Handlers = {
  PbmRetrieveServiceContent({ world }) {
    const ref = (type: string, value: string) => ({ type, value })
    return {
      aboutInfo: { name: 'PBM', version: '2.0', instanceUuid: world.instanceUuid },
      sessionManager: ref('PbmSessionManager', 'SessionManager'),
      capabilityMetadataManager: ref('PbmCapabilityMetadataManager', 'CapabilityMetadataManager'),
      profileManager: manager.ref,
      complianceManager: ref('PbmComplianceManager', 'complianceManager'),
      placementSolver: ref('PbmPlacementSolver', 'placementSolver'),
    }
  },

  PbmQueryProfile(call) {
    checkView(call)
    const { resourceType, profileCategory = 'REQUIREMENT' } = call.request
    if (resourceType.resourceType !== 'STORAGE') throw invalid('resourceType')
    return profileCategory === 'REQUIREMENT' ? call.world.policies.all.map(({ id }) => ({ uniqueId: id })) : []
  },

  PbmRetrieveContent(call) {
    checkView(call)
    const { profileIds } = call.request
    if (profileIds.length === 0) throw invalid('profileIds')
    return profileIds.map(({ uniqueId }) => {
      const policy = call.world.policies.all.find(({ id }) => id === uniqueId)
      if (policy === undefined) throw invalid('profileId')
      return describe(policy, call.world)
    })
  },

  PbmQueryAssociatedProfile(call) {
    checkView(call)
    const { objectType, key } = call.request.entity
    const [vmId, diskKey] = key.split(':')
    const isDisk = objectType === 'virtualDiskId'
    const vm = call.world.inventory.find({ type: 'VirtualMachine', value: vmId! })
    if (!(vm instanceof VirtualMachine) || isDisk !== (diskKey !== undefined)) throw invalid('entity')
    const disk = isDisk ? vm.settings.disks.find((one) => one.key === Number(diskKey)) : undefined
    if (isDisk ? disk === undefined : objectType !== 'virtualMachine') throw invalid('entity')
    const { policyId } = disk ?? vm.settings
    return policyId === undefined ? [] : [{ uniqueId: policyId }]
  },
}

const invalid = (invalidProperty: string) => new VimFault('InvalidArgument', { invalidProperty })

function checkView(call: Pick<Call<'PbmQueryProfile'>, 'cookie' | 'target'>): void {
  if (hasOn(sessionOf(call).user, 'StorageProfile.View', undefined)) return
  throw new VimFault('PbmFaultNoPermission', { missingPrivileges: [{ privilegeIds: ['StorageProfile.View'] }] })
}

const describe = ({ id, name }: LabPolicy, world: World) => ({
  $type: 'PbmCapabilityProfile' as const,
  profileId: { uniqueId: id },
  name,
  description: `The lab's ${name}`,
  creationTime: world.clock.timestamp(),
  createdBy: 'lab',
  lastUpdatedTime: world.clock.timestamp(),
  lastUpdatedBy: 'lab',
  profileCategory: 'REQUIREMENT',
  resourceType: { resourceType: 'STORAGE' },
  constraints: { $type: 'PbmCapabilityConstraints' as const },
  isDefault: false,
})
