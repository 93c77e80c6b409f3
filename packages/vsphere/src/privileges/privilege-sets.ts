// What a role needs, in named sets. Ids as AuthorizationManager.privilegeList spells them.
// Source: vSphere documentation, "Defined privileges", and the needs other backup products publish. Evidence: documented;
// which of them each call really checks: inferred.

/** Log in and see the inventory. */
const inventory = ['System.Anonymous', 'System.View', 'System.Read'] as const

/** Back up: track changes, snapshot, read disks. */
const backup = [
  ...inventory,
  'VirtualMachine.Config.ChangeTracking',
  'VirtualMachine.Config.DiskLease',
  'VirtualMachine.State.CreateSnapshot',
  'VirtualMachine.State.RemoveSnapshot',
  'VirtualMachine.Provisioning.DiskRandomRead',
  'VirtualMachine.Provisioning.GetVmFiles',
] as const

/** Save and restore what is not on disks: the nvram file and the configuration files. */
const nvram = ['Datastore.Browse', 'Datastore.FileManagement'] as const

/** Restore as a new VM: create it, give it devices and disks, write them, start it, and give it its custom attributes and tags. */
const restore = [
  ...inventory,
  'Datastore.AllocateSpace',
  'Datastore.Browse',
  'Datastore.FileManagement',
  'Global.SetCustomField',
  'InventoryService.Tagging.AttachTag',
  'Network.Assign',
  'Resource.AssignVMToPool',
  'VirtualMachine.Config.AddNewDisk',
  'VirtualMachine.Config.AddRemoveDevice',
  'VirtualMachine.Config.AdvancedConfig',
  'VirtualMachine.Config.Annotation',
  'VirtualMachine.Config.CPUCount',
  'VirtualMachine.Config.EditDevice',
  'VirtualMachine.Config.Memory',
  'VirtualMachine.Config.RemoveDisk',
  'VirtualMachine.Config.Rename',
  'VirtualMachine.Config.Resource',
  'VirtualMachine.Config.Settings',
  'VirtualMachine.Config.SwapPlacement',
  'VirtualMachine.Interact.PowerOff',
  'VirtualMachine.Interact.PowerOn',
  'VirtualMachine.Inventory.Create',
  'VirtualMachine.Inventory.Delete',
  'VirtualMachine.Provisioning.DiskRandomAccess',
  'VirtualMachine.Provisioning.PutVmFiles',
] as const

/**
 * Keep the storage policies of VMs with their backups, and give them back. On the vCenter itself. `Apply` came with vSphere 8.
 *
 * Source: vSphere Security 6.7, "Profile-driven storage privileges"; vSphere 8 split them, and its backup products ask for `Apply` too.
 * Evidence: documented; that a restore needs `Apply` is inferred.
 */
const storagePolicies = ['StorageProfile.View', 'StorageProfile.Apply'] as const

/** What vCenter 7 and older have never heard of: roles are made there without. */
export const youngPrivileges: ReadonlySet<string> = new Set(['StorageProfile.Apply'])

/** Back up VMs that vSphere encrypts. */
const encryption = ['Cryptographer.Access'] as const

/** HotAdd: hang a VM's disks on the machine we run in. On that machine and on the datastores. */
const hotAdd = [
  'Datastore.AllocateSpace',
  'VirtualMachine.Config.AddExistingDisk',
  'VirtualMachine.Config.AddRemoveDevice',
  'VirtualMachine.Config.RemoveDisk',
  'VirtualMachine.Config.Resource',
  'VirtualMachine.Config.Settings',
] as const

/** Hang a restored disk on a VM that is there, besides what `restore` needs. */
const attach = ['VirtualMachine.Config.AddExistingDisk'] as const

/** Read whole disks through export leases, and restore through import leases. */
const lease = ['VApp.Export', 'VApp.Import'] as const

/** Keep a VM from being moved while VMware's library reads it. On the vCenter itself. Source: vadp.md §3.7, §7. Evidence: documented. */
const vddk = ['Global.DisableMethods', 'Global.EnableMethods'] as const

/**
 * Scripts in guests: log in there, start a program, see how it ended.
 * Source: vSphere Web Services API 8.0, "Required privileges" of ValidateCredentialsInGuest and of what the process manager does. Evidence: documented.
 */
const guestScripts = ['VirtualMachine.GuestOperations.Execute', 'VirtualMachine.GuestOperations.Query'] as const

/**
 * A file in the guest for what a script writes there. Reading it takes no more than `Query`.
 *
 * Source: vSphere Web Services API 8.0, "Required privileges" of GuestFileManager's methods. Evidence: documented.
 */
const guestOutput = ['VirtualMachine.GuestOperations.Modify', 'VirtualMachine.GuestOperations.Query'] as const

/**
 * Bring a VM back with its memory, besides what `restore` needs: it is snapshotted, taken out of the inventory, registered again, and
 * reverted. Source: vSphere Web Services API 8.0, "Required privileges" of these methods. Evidence: documented.
 */
const memory = [
  'VirtualMachine.Inventory.Register',
  'VirtualMachine.Inventory.Unregister',
  'VirtualMachine.State.CreateSnapshot',
  'VirtualMachine.State.RemoveSnapshot',
  'VirtualMachine.State.RevertToSnapshot',
] as const

/** The privileges each purpose needs. */
export const privilegeSets = {
  inventory,
  backup,
  nvram,
  restore,
  attach,
  encryption,
  hotAdd,
  lease,
  vddk,
  storagePolicies,
  guestScripts,
  guestOutput,
  memory,
} as const

export type PrivilegeSet = keyof typeof privilegeSets
