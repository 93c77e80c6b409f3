// Storage policies (SPBM): what a vCenter answers on /pbm, in a namespace of its own. The few types that are spoken, next to those of vim25:
// every name begins with Pbm.
// Source: VMware Storage Policy API (pbm.wsdl 2.0) as govmomi declares it. Evidence: documented; held by govc and vcsim.
import { dataTypes, managedObjects, methods } from './notation.ts'

export const pbmTypes = dataTypes({
  PbmServiceInstanceContent: {
    aboutInfo: 'PbmAboutInfo',
    sessionManager: 'ref',
    capabilityMetadataManager: 'ref',
    profileManager: 'ref',
    complianceManager: 'ref',
    placementSolver: 'ref',
    replicationManager: 'ref?',
  },
  PbmAboutInfo: {
    name: 'string',
    version: 'string',
    instanceUuid: 'string',
  },
  PbmServerObjectRef: {
    objectType: 'string',
    key: 'string',
    serverUuid: 'string?',
  },
  PbmProfileId: {
    uniqueId: 'string',
  },
  PbmProfileResourceType: {
    resourceType: 'string',
  },
  PbmProfile: {
    profileId: 'PbmProfileId',
    name: 'string',
    description: 'string?',
    creationTime: 'dateTime',
    createdBy: 'string',
    lastUpdatedTime: 'dateTime',
    lastUpdatedBy: 'string',
  },
  PbmCapabilityProfile: {
    $extends: 'PbmProfile',
    profileCategory: 'string',
    resourceType: 'PbmProfileResourceType',
    constraints: 'any PbmCapabilityConstraints',
    generationId: 'long?',
    isDefault: 'boolean',
    systemCreatedProfileType: 'string?',
    lineOfService: 'string?',
    k8sCompliantName: 'string?',
    otherK8sCompliantNames: 'string[]?',
  },
  PbmCapabilityConstraints: {},
  PbmFault: { $extends: 'MethodFault' },
  PbmFaultNoPermissionEntityPrivileges: {
    profileId: 'PbmProfileId?',
    privilegeIds: 'string[]?',
  },
  PbmFaultNoPermission: {
    $extends: 'SecurityError',
    missingPrivileges: 'PbmFaultNoPermissionEntityPrivileges[]?',
  },
})

export const pbmObjects = managedObjects({
  PbmServiceInstance: { $extends: 'ManagedObject' },
  PbmProfileProfileManager: { $extends: 'ManagedObject' },
})

export const pbmMethods = methods({
  PbmRetrieveServiceContent: { $on: 'PbmServiceInstance', $returns: 'PbmServiceInstanceContent' },
  PbmQueryProfile: {
    $on: 'PbmProfileProfileManager',
    resourceType: 'PbmProfileResourceType',
    profileCategory: 'string?',
    $returns: 'PbmProfileId[]?',
  },
  PbmRetrieveContent: {
    $on: 'PbmProfileProfileManager',
    profileIds: 'PbmProfileId[]',
    $returns: 'any PbmProfile[]',
  },
  PbmQueryAssociatedProfile: {
    $on: 'PbmProfileProfileManager',
    entity: 'PbmServerObjectRef',
    $returns: 'PbmProfileId[]?',
  },
})

/** Whether a method belongs to the service of storage policies, and not to vim25. */
export const isPbm = (method: string): boolean => method.startsWith('Pbm')
