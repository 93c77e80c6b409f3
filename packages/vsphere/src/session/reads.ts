import type { MethodName } from '../types/data-object.ts'

/**
 * Calls that change nothing, and so may be repeated when a connection breaks.
 * Not among them: ContinueRetrievePropertiesEx and the history collectors' reads, which move a cursor on the server, and
 * WaitForUpdatesEx, whose caller knows better what to do.
 */
const reads: ReadonlySet<MethodName> = new Set<MethodName>([
  'RetrieveServiceContent',
  'RetrieveInternalContent',
  'CurrentTime',
  'SessionIsActive',
  'RetrievePropertiesEx',
  'RetrieveProperties',
  'Fetch',
  'FindByUuid',
  'FindAllByUuid',
  'FindByInventoryPath',
  'FindByDatastorePath',
  'FindChild',
  'FindByDnsName',
  'FindAllByDnsName',
  'FindByIp',
  'FindAllByIp',
  'HasPrivilegeOnEntity',
  'HasPrivilegeOnEntities',
  'HasUserPrivilegeOnEntities',
  'FetchUserPrivilegeOnEntities',
  'RetrieveEntityPermissions',
  'RetrieveAllPermissions',
  'RetrieveRolePermissions',
  'QueryAssignedLicenses',
  'DecodeLicense',
  'QueryEvents',
  'QueryChangedDiskAreas',
  'QueryDvsByUuid',
  'QueryVirtualDiskUuid',
  'QueryVirtualDiskFragmentation',
  'QueryVirtualDiskGeometry',
  'ConvertNamespacePathToUuidPath',
  'HttpNfcLeaseGetManifest',
  'CreateDescriptor',
  'CreateImportSpec',
  'ParseDescriptor',
  'PbmRetrieveServiceContent',
  'PbmQueryProfile',
  'PbmRetrieveContent',
  'PbmQueryAssociatedProfile',
  'ValidateCredentialsInGuest',
  'ListProcessesInGuest',
  // Who is out already is refused, and that is as good: a session that is left because its answer was lost would stand beside the next.
  'Logout',
  // A ticket that was lost is never used and expires by itself.
  'NfcGetVmFiles',
  'NfcRandomAccessOpenReadonly',
  'NfcRandomAccessOpenDisk',
  'NfcGetServerNfcLibVersion',
  'NfcFileManagement',
])

export function isRead(method: MethodName): boolean {
  return reads.has(method)
}
