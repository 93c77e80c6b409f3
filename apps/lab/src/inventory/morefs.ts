import type { FolderKind } from './folder.ts'

/**
 * How a server names its objects: `vm-101` on a vCenter, `1` and `ha-…` on a bare ESXi host.
 * Source: morefs quoted in public issues. Evidence: observed. Opaque to every client all the same.
 */
export interface Morefs {
  readonly services: ServiceMorefs
  folder(kind: FolderKind): string
  datacenter(): string
  computeResource(): string
  resourcePool(): string
  host(): string
  datastore(url: string): string
  network(name: string): string
  portgroup(): string
  switch(): string
  vm(): string
  snapshot(vm: string): string
  task(entity: string, descriptionId: string): string
}

export interface ServiceMorefs {
  readonly rootFolder: string
  readonly propertyCollector: string
  readonly sessionManager: string
  readonly viewManager: string
  readonly searchIndex: string
  readonly authorizationManager: string
  readonly eventManager: string
  readonly taskManager: string
  readonly customFieldsManager: string | undefined
  readonly licenseManager: string
  readonly licenseAssignmentManager: string
  readonly fileManager: string
  readonly virtualDiskManager: string
  readonly setting: string
  readonly environmentBrowser: string
  readonly nfcService: string
  readonly ovfManager: string
  readonly perfManager: string
  readonly guestOperationsManager: string
  readonly guestAuthManager: string
  readonly guestProcessManager: string
  readonly guestFileManager: string
}

/** Counters shared by all kinds, as vCenter's database has one: VMs start at 101, snapshots at 1001. */
export function vcenterMorefs(): Morefs {
  let [small, vm, snapshot, task] = [0, 100, 1000, 0]
  const letters = { root: 'd', vm: 'v', host: 'h', datastore: 's', network: 'n' } as const
  return {
    services: vcenterServices,
    folder: (kind) => `group-${letters[kind]}${++small}`,
    datacenter: () => `datacenter-${++small}`,
    computeResource: () => `domain-c${++small}`,
    resourcePool: () => `resgroup-${++small}`,
    host: () => `host-${++small}`,
    datastore: () => `datastore-${++small}`,
    network: () => `network-${++small}`,
    portgroup: () => `dvportgroup-${++small}`,
    switch: () => `dvs-${++small}`,
    vm: () => `vm-${++vm}`,
    snapshot: () => `snapshot-${++snapshot}`,
    task: () => `task-${++task}`,
  }
}

export function esxiMorefs(): Morefs {
  let [folder, vm, snapshot, task] = [0, 0, 0, 0]
  return {
    services: esxiServices,
    folder: (kind) =>
      kind === 'root' ? 'ha-folder-root' : folder++ < 4 ? `ha-folder-${kind}` : `ha-folder-${kind}-${folder}`,
    datacenter: () => 'ha-datacenter',
    computeResource: () => 'ha-compute-res',
    resourcePool: () => 'ha-root-pool',
    host: () => 'ha-host',
    datastore: (url) => url.split('/').at(-2) ?? url,
    network: (name) => `HaNetwork-${name}`,
    portgroup: () => 'ha-portgroup',
    switch: () => 'ha-dvs',
    vm: () => `${++vm}`,
    snapshot: (ofVm) => `${ofVm}-snapshot-${++snapshot}`,
    task: (entity, descriptionId) => `haTask-${entity}-vim.${descriptionId.replace(/^vim\./, '')}-${++task}`,
  }
}

const vcenterServices: ServiceMorefs = {
  rootFolder: 'group-d1',
  propertyCollector: 'propertyCollector',
  sessionManager: 'SessionManager',
  viewManager: 'ViewManager',
  searchIndex: 'SearchIndex',
  authorizationManager: 'AuthorizationManager',
  eventManager: 'EventManager',
  taskManager: 'TaskManager',
  customFieldsManager: 'CustomFieldsManager',
  licenseManager: 'LicenseManager',
  licenseAssignmentManager: 'LicenseAssignmentManager',
  fileManager: 'FileManager',
  virtualDiskManager: 'virtualDiskManager',
  setting: 'VpxSettings',
  environmentBrowser: 'envbrowser',
  nfcService: 'nfcService',
  ovfManager: 'OvfManager',
  perfManager: 'PerfMgr',
  guestOperationsManager: 'guestOperationsManager',
  guestAuthManager: 'guestOperationsAuthManager',
  guestProcessManager: 'guestOperationsProcessManager',
  guestFileManager: 'guestOperationsFileManager',
}

const esxiServices: ServiceMorefs = {
  rootFolder: 'ha-folder-root',
  propertyCollector: 'ha-property-collector',
  sessionManager: 'ha-sessionmgr',
  viewManager: 'ViewManager',
  searchIndex: 'ha-searchindex',
  authorizationManager: 'ha-authmgr',
  eventManager: 'ha-eventmgr',
  taskManager: 'ha-taskmgr',
  customFieldsManager: undefined,
  licenseManager: 'ha-license-manager',
  licenseAssignmentManager: 'ha-license-assignment-manager',
  fileManager: 'ha-nfc-file-manager',
  virtualDiskManager: 'ha-vdiskmanager',
  setting: 'HostAgentSettings',
  environmentBrowser: 'ha-env-browser',
  nfcService: 'ha-nfc-service',
  ovfManager: 'ha-ovf-manager',
  perfManager: 'ha-perfmgr',
  guestOperationsManager: 'ha-guest-operations-manager',
  guestAuthManager: 'ha-guest-operations-auth-manager',
  guestProcessManager: 'ha-guest-operations-process-manager',
  guestFileManager: 'ha-guest-operations-file-manager',
}
