// Sessions, privileges, licences, tickets.
import { dataTypes } from './notation.ts'

export const session = dataTypes({
  UserSession: {
    key: 'string',
    userName: 'string',
    fullName: 'string',
    loginTime: 'dateTime',
    lastActiveTime: 'dateTime',
    locale: 'string',
    messageLocale: 'string',
    extensionSession: 'boolean?',
    ipAddress: 'string?',
    userAgent: 'string?',
    callCount: 'long?',
  },
  SessionManagerLocalTicket: {
    userName: 'string',
    passwordFilePath: 'string',
  },
  SessionManagerServiceRequestSpec: {},
  SessionManagerHttpServiceRequestSpec: {
    $extends: 'SessionManagerServiceRequestSpec',
    method: 'string?',
    url: 'string',
  },
  SessionManagerVmomiServiceRequestSpec: {
    $extends: 'SessionManagerServiceRequestSpec',
    method: 'string',
  },
  SessionManagerGenericServiceTicket: {
    id: 'string',
    hostName: 'string?',
    sslThumbprint: 'string?',
    certThumbprintList: 'VirtualMachineCertThumbprint[]?',
    ticketType: 'string?',
  },
  VirtualMachineCertThumbprint: {
    thumbprint: 'string',
    hashAlgorithm: 'string?',
  },
  HostServiceTicket: {
    host: 'string?',
    port: 'int?',
    sslThumbprint: 'string?',
    service: 'string',
    serviceVersion: 'string',
    sessionId: 'string',
  },
  AuthorizationDescription: {
    privilege: 'any ElementDescription[]',
    privilegeGroup: 'any ElementDescription[]',
  },
  AuthorizationPrivilege: {
    privId: 'string',
    onParent: 'boolean',
    name: 'string',
    privGroupName: 'string',
  },
  AuthorizationRole: {
    roleId: 'int',
    system: 'boolean',
    name: 'string',
    info: 'any Description',
    privilege: 'string[]?',
  },
  Permission: {
    entity: 'ref?',
    principal: 'string',
    group: 'boolean',
    roleId: 'int',
    propagate: 'boolean',
  },
  EntityPrivilege: {
    entity: 'ref',
    privAvailability: 'PrivilegeAvailability[]',
  },
  PrivilegeAvailability: {
    privId: 'string',
    isGranted: 'boolean',
  },
  UserPrivilegeResult: {
    entity: 'ref',
    privileges: 'string[]?',
  },
  LicenseManagerLicenseInfo: {
    licenseKey: 'string',
    editionKey: 'string',
    name: 'string',
    total: 'int',
    used: 'int?',
    costUnit: 'string',
    properties: 'KeyAnyValue[]?',
    labels: 'KeyValue[]?',
  },
  LicenseManagerEvaluationInfo: {
    properties: 'KeyAnyValue[]',
  },
  LicenseAssignmentManagerLicenseAssignment: {
    entityId: 'string',
    scope: 'string?',
    entityDisplayName: 'string?',
    assignedLicense: 'LicenseManagerLicenseInfo',
    properties: 'KeyAnyValue[]?',
  },
})
