// Faults by what to do about them: fault type → error code.
import { AppError, causes } from '@vmkeep/kit'
import { fail, type FaultPlace } from '../errors.ts'
import type { AnyOf, ManagedObjectReference } from '../types/data-object.ts'
import { objectSchema } from '../types/schema.ts'

type Code = keyof typeof fail.table

/** The nearest entry wins: a type's own, else its base's. So NotAuthenticated is never taken for the NoPermission it extends. */
const codes: Readonly<Record<string, Code>> = {
  NotAuthenticated: 'vsphere.not-authenticated',
  NoPermission: 'vsphere.no-permission',
  PbmFaultNoPermission: 'vsphere.no-permission',
  InvalidLogin: 'vsphere.login-failed',
  NoSubjectName: 'vsphere.login-failed',
  PasswordExpired: 'vsphere.login-failed',
  ManagedObjectNotFound: 'vsphere.not-found',
  NotFound: 'vsphere.not-found',
  TaskInProgress: 'vsphere.busy',
  ConcurrentAccess: 'vsphere.busy',
  ResourceInUse: 'vsphere.busy',
  HostCommunication: 'vsphere.host-unreachable',
  HostConnectFault: 'vsphere.host-unreachable',
  InvalidHostConnectionState: 'vsphere.host-unreachable',
  Timedout: 'vsphere.fault-timed-out',
  RequestCanceled: 'vsphere.request-cancelled',
  InvalidArgument: 'vsphere.invalid-argument',
  InvalidProperty: 'vsphere.invalid-argument',
  InvalidName: 'vsphere.invalid-argument',
  InvalidDatastorePath: 'vsphere.invalid-argument',
  InvalidRequest: 'vsphere.invalid-request',
  MethodNotFound: 'vsphere.not-supported',
  NotSupported: 'vsphere.not-supported',
  NotImplemented: 'vsphere.not-supported',
  MethodDisabled: 'vsphere.not-supported',
  MethodAlreadyDisabledFault: 'vsphere.busy',
  RestrictedVersion: 'vsphere.restricted-licence',
  RestrictedByAdministrator: 'vsphere.restricted-licence',
  NotEnoughLicenses: 'vsphere.restricted-licence',
  InvalidState: 'vsphere.invalid-state',
  VmConfigFault: 'vsphere.invalid-configuration',
  DuplicateName: 'vsphere.name-taken',
  AlreadyExists: 'vsphere.name-taken',
  FileAlreadyExists: 'vsphere.name-taken',
  FileNotFound: 'vsphere.file-not-found',
  FileLocked: 'vsphere.file-locked',
  FileFault: 'vsphere.file-fault',
  NoDiskSpace: 'vsphere.datastore-full',
  InsufficientStorageSpace: 'vsphere.datastore-full',
  InvalidDatastore: 'vsphere.datastore-unavailable',
  DatastoreNotWritableOnHost: 'vsphere.datastore-unavailable',
  ApplicationQuiesceFault: 'vsphere.snapshot-quiesce-failed',
  FilesystemQuiesceFault: 'vsphere.snapshot-quiesce-failed',
  SnapshotFault: 'vsphere.snapshot-failed',
  InsufficientResourcesFault: 'vsphere.out-of-resources',
  InvalidGuestLogin: 'vsphere.guest-login-refused',
  GuestOperationsUnavailable: 'vsphere.guest-unavailable',
  ToolsUnavailable: 'vsphere.guest-unavailable',
  GuestOperationsFault: 'vsphere.guest-operation-refused',
}

/** Faults so general that only their text tells a failed quiescing apart. */
const generalFaults: ReadonlySet<string> = new Set([
  'GenericVmConfigFault',
  'SystemError',
  'SnapshotFault',
  'VmConfigFault',
])

export interface RefusedCall {
  readonly host: string
  readonly method: string
  readonly object: ManagedObjectReference
  /** What vSphere said about it: a fault string, or a task's localized message. */
  readonly text: string
}

/**
 * The error for a fault, of a call or of a task. `details.fault` holds the fault as it came.
 * A fault that carried no detail, or one of a type unknown here, is a `vsphere.fault` with its text.
 */
export function errorOfFault(fault: AnyOf<'MethodFault'> | undefined, call: RefusedCall): AppError {
  const { host, method, text } = call
  const faultType = fault?.$type ?? 'fault without detail'
  const object = textOf(call.object)
  const details = { host, method, object, text, faultType, fault, ...particulars(fault) }
  return makeError(codeOfFault(fault, call), details)
}

const privilegesOf = (
  entities: readonly { readonly privilegeIds?: readonly string[] | undefined }[] = [],
): string[] => [...new Set(entities.flatMap(({ privilegeIds = [] }) => privilegeIds))]

const textOf = ({ type, value }: ManagedObjectReference): string => `${type}:${value}`

function codeOfFault(fault: AnyOf<'MethodFault'> | undefined, { method, text }: RefusedCall): Code {
  if (isNotAuthenticatedText(text)) return 'vsphere.not-authenticated'
  if (fault === undefined) return 'vsphere.fault'
  // Source: users' reports of "Failed to quiesce the virtual machine" under a general fault. Evidence: observed.
  if (generalFaults.has(fault.$type) && /quiesc/i.test(text)) return 'vsphere.snapshot-quiesce-failed'
  const lineage = objectSchema(fault.$type)?.lineage ?? new Set<string>()
  if (/(In|From)Guest$/.test(method) && lineage.has('FileFault')) return 'vsphere.guest-file-refused' // no datastore is to blame
  for (const type of lineage) if (Object.hasOwn(codes, type)) return codes[type]!
  return 'vsphere.fault'
}

// Some refusals for want of a session carry no typed fault. Source: reports of other clients. Evidence: observed.
const isNotAuthenticatedText = (text: string): boolean => /session is not authenticated/i.test(text)

/** What single messages name beyond the place. */
interface Particulars {
  readonly username: string
  readonly privileges: readonly string[]
  readonly onObject: string
  readonly gone: string
  readonly property: string
  readonly file: string
  readonly datastore: string
}

function particulars(fault: AnyOf<'MethodFault'> | undefined): Particulars {
  const has = (fault ?? {}) as Readonly<Record<string, unknown>>
  const text = (key: string) => (typeof has[key] === 'string' ? has[key] : '')
  return {
    username: 'the user',
    ...permissionParticulars(fault),
    gone: fault?.$type === 'ManagedObjectNotFound' && fault.obj !== undefined ? textOf(fault.obj) : '',
    property: text('invalidProperty') || text('name'),
    file: text('file'),
    datastore: text('datastore') || text('name'),
  }
}

function permissionParticulars(fault: AnyOf<'MethodFault'> | undefined): Pick<Particulars, 'privileges' | 'onObject'> {
  if (fault?.$type === 'PbmFaultNoPermission')
    return { privileges: privilegesOf(fault.missingPrivileges), onObject: 'storage policies' }
  if (fault?.$type !== 'NoPermission') return { privileges: [], onObject: '' }
  const missing = privilegesOf(fault.missingPrivileges)
  const privileges = missing.length > 0 ? missing : fault.privilegeId === undefined ? [] : [fault.privilegeId]
  const object = fault.object ?? fault.missingPrivileges?.[0]?.entity
  return { privileges, onObject: object === undefined ? '' : textOf(object) }
}

const makeError = (code: Code, details: FaultPlace & Particulars & { readonly fault: unknown }): AppError =>
  (fail as (code: Code, details: object) => AppError)(code, details)

/** The vSphere fault behind an error of ours, if one is. */
export function faultOf(error: unknown): AnyOf<'MethodFault'> | undefined {
  for (const cause of causes(error)) {
    const fault = cause instanceof AppError ? cause.details['fault'] : undefined
    if (typeof fault === 'object' && fault !== null && '$type' in fault) return fault as AnyOf<'MethodFault'>
  }
  return undefined
}

/** Whether vSphere asks us to log in again. NotAuthenticated extends NoPermission, which does not. */
export function isNotAuthenticated(fault: AnyOf<'MethodFault'> | undefined, text: string): boolean {
  return fault?.$type === 'NotAuthenticated' || isNotAuthenticatedText(text)
}
