// What goes wrong in a vSphere backup, fault by fault: how the lab does it, and the test that shows what the user sees.
// Source: VMware's programming guides, knowledge base and the field reports of other backup programs. Evidence: as each test and rule says.

export interface FaultRow {
  /** Of the research notes: 2 change tracking, 3 snapshots, 4 what cannot be backed up, 5 transports. */
  readonly section: string
  readonly fault: string
  /** As `docs/reference/lab-faults.md` words it: a rule, a request or part of a description. */
  readonly rule?: string
  /** `file: name`, the file below the root, the name as the test has it. */
  readonly shownBy?: string
  /** Why it has no rule or no test. */
  readonly missing?: string
}

type Shown = readonly [fault: string, rule: string, shownBy: string]
type Missing = readonly [fault: string, missing: string]

const section = (name: string, shown: readonly Shown[], missing: readonly Missing[] = []): FaultRow[] => [
  ...shown.map(([fault, rule, shownBy]) => ({ section: name, fault, rule, shownBy })),
  ...missing.map(([fault, why]) => ({ section: name, fault, missing: why })),
]

const faults = 'tests/journeys/faults.test.ts: '
const cases = 'tests/journeys/disk-cases.ts: '
const refused = 'tests/journeys/refused-snapshots.test.ts: '
const tracking = 'tests/journeys/change-tracking.test.ts: '
const instant = 'tests/journeys/instant.test.ts: '
const hotadd = 'tests/journeys/hotadd.test.ts: '
const hosts = 'tests/journeys/hosts.test.ts: '
const lease = 'tests/journeys/lease.test.ts: '
const refusal = 'CreateSnapshot*_Task,then=task-fault:'

export const vadpFaults: readonly FaultRow[] = [
  ...section('2.2', [
    [
      'another uuid in the change id',
      'cbt.stun,object=web01,times=1,then=reset-change-tracking',
      `${faults}tracking started anew`,
    ],
    ['FileFault', 'cbt.query,times=1,then=file-fault', `${faults}the change id is dead`],
    [
      'InvalidArgument deviceKey',
      'QueryChangedDiskAreas,then=fault:InvalidArgument',
      `${faults}the device key is not tracked`,
    ],
    ['InvalidArgument startOffset, disk resized', 'POST /lab/vms/web01/grow', `${instant}growth of the disk`],
    ['change id empty', 'cbt.change-id,then=empty-change-id', `${faults}the snapshot shows no change id`],
    [
      'NotSupported, InvalidState',
      'QueryChangedDiskAreas,then=fault:NotSupported',
      `${faults}vSphere does not support the question`,
    ],
    ['power failure', 'cbt.power-loss,then=reset-change-tracking', `${instant}a power failure that loses track`],
    ['revert to a snapshot', 'RevertToSnapshot_Task', `${instant}after its admin reverted to a snapshot taken %s`],
    [
      'disk removed and another added under the same key',
      'ReconfigVM_Task',
      `${instant}another disk came into its place, under the same key`,
    ],
    [
      'HCX switches tracking off',
      'POST /lab/vms/web01/migrate',
      `${instant}a migration that switched change tracking off, as HCX does`,
    ],
    ['storage vMotion', 'POST /lab/vms/web01/migrate', `${instant}a storage vMotion`],
    [
      'hot-add clean-up deletes the -ctk file',
      'cbt.detach,times=1,then=delete-tracking-file',
      `${hotadd}whose change tracking file goes as it is taken off`,
    ],
  ]),
  ...section('2.3', [
    ['disk extended (KB 2090639, 8.0 U2)', 'POST /lab/vms/web01/grow', `${instant}growth of the disk`],
    [
      'writes during consolidation not tracked (KB 2136854)',
      'cbt.query,then=omit:0.1',
      `${tracking}finds that change tracking lied`,
    ],
    [
      'switched on beside snapshots, wrong since 6.5',
      'POST /lab/vms/web01/snapshot',
      `${tracking}is not switched %s while there are snapshots`,
    ],
    [
      'somebody else switched it on beside snapshots that are still there',
      'cbt.query-late,then=omit:0.5',
      'tests/journeys/tracking-beside-snapshots.test.ts: is recognized while one of them is there',
    ],
    [
      'somebody else switched it on beside snapshots that are gone',
      'cbt.query-late,then=omit:0.5',
      'tests/journeys/tracking-beside-snapshots.test.ts: is found out by the audit where they went before we came',
    ],
    ['answers in pages', 'extentsPerPageMax: 3', `${instant}more than 10,000 changed extents`],
    ['a page that never moves on', 'cbt.query,then=stuck-page', `${faults}a page of changes does not move on`],
    ['a page that begins elsewhere', 'cbt.query,then=wrong-start', `${faults}a page begins somewhere else`],
  ]),
  ...section('3.3', [
    [
      'ApplicationQuiesceFault',
      'CreateSnapshot*_Task,times=1,then=task-fault:ApplicationQuiesceFault',
      `${faults}that fails falls back to crash-consistent`,
    ],
    ['FilesystemQuiesceFault', `${refusal}FilesystemQuiesceFault`, `${faults}that fails fails the VM under "require"`],
    ['quiescing silently left out', "tools: 'missing'", `${faults}is what vSphere reports, not what was asked for`],
  ]),
  ...section('3.4', [
    [
      'TaskInProgress',
      'CreateSnapshot*_Task,times=2,then=fault:TaskInProgress',
      `${faults}when another task is in progress at the snapshot`,
    ],
    ...[
      'InvalidState',
      'InvalidPowerState',
      'MemorySnapshotOnIndependentDisk',
      'TooManySnapshotLevels',
      'MultipleSnapshotsNotSupported',
      'SnapshotLocked',
      'SnapshotDisabled',
      'SnapshotNoChange',
      'FileFault',
      'InvalidName',
      'VmConfigFault',
    ].map((fault): Shown => [fault, `${refusal}${fault}`, `${refused}['${fault}', `]),
    ['SnapshotIncompatibleDeviceInVm', "rdm: 'physical'", `${cases}Raw device mapping, physical mode, VM on`],
  ]),
  ...section('3.6', [
    [
      'disks not merged',
      'RemoveSnapshot_Task,times=1,then=leave-consolidation-needed',
      `${faults}when the disks are not merged after the removal`,
    ],
    ['consolidation needed before we came', 'consolidationNeeded: true', `${cases}Consolidation needed`],
    ['a finished task is gone', '*_Task,then=vanish-task', `${faults}when the removal task vanishes`],
    [
      'a reader’s lock',
      'RemoveSnapshot_Task,times=1,then=task-fault:FileLocked',
      `${faults}when a disk is still locked at the removal`,
    ],
    [
      'removal fails for good',
      'RemoveSnapshot_Task,then=task-fault:GenericVmConfigFault',
      `${faults}a failed removal is reported, kept in the journal`,
    ],
    [
      'hot-added disk still attached',
      'ReconfigVM_Task,object=proxy,after=1,then=fault:InvalidState',
      `${hotadd}that cannot be taken off is reported, and goes at the next start`,
    ],
    [
      'consolidation that takes hours',
      'RemoveSnapshot_Task,times=1,then=long-task:7200000',
      `${hosts}that takes hours is waited for, though sessions end meanwhile`,
    ],
    [
      'success reported, snapshot still there',
      'RemoveSnapshot_Task,times=1,then=leave-snapshot',
      `${hosts}that vSphere calls done while the snapshot is there is tried again`,
    ],
    ['host crash during the merge', 'RemoveSnapshot_Task,times=1,then=host-crash', `${hosts}in which the host crashes`],
    [
      'power-on done before the VM is on (DRS)',
      'PowerOnVM_Task,then=late-power:200',
      `${hosts}after vSphere has called it started`,
    ],
    ['power-on on another host (DRS)', 'PowerOnVM_Task,then=vmotion', `${hosts}on another host, as DRS likes it`],
    ['no space for a snapshot', `${refusal}NoDiskSpace`, `${faults}the datastore is full`],
    [
      'a guest that writes faster than the merge, stun at its end',
      'snapshot.round,then=guest-writes:1048576',
      `${hosts}that goes on in rounds because the guest writes faster`,
    ],
    ['many redo logs: 32 are the end', 'snapshotLevelsMax', `${cases}Snapshots 30 deep`],
    ['chain too deep', 'snapshotLevelsMax', `${refused}['TooManySnapshotLevels', `],
  ]),
  ...section(
    '3.7',
    [
      [
        'vMotion before a disk is opened',
        'NfcRandomAccessOpenReadonly,times=1,then=vmotion',
        `${faults}when the VM moves to another host just before its disk is opened`,
      ],
      [
        'connected host lost in mid-read',
        'nfc.io,after=5,times=1,then=disconnect',
        `${faults}when the connection to a host is cut in mid-read`,
      ],
      ['host enters maintenance in mid-read', 'EnterMaintenanceMode_Task', `${hosts}and whose VMs move away by that`],
      [
        'storage vMotion in mid-read',
        'POST /lab/vms/web01/migrate',
        `${faults}is told, and what was read is of the instant all the same`,
      ],
      [
        'the rest is out of reach after a storage vMotion',
        'POST /lab/hosts/esxi-1.lab/disconnect',
        `${faults}is the reason given when the rest can not be read, and the next run does it`,
      ],
      [
        'RelocateVM disabled by somebody else (PrepareForAccess)',
        'DisableMethods',
        'tests/vddk/hold.test.ts: that somebody else holds stays held by them',
      ],
      [
        'RelocateVM disabled and left so (PrepareForAccess)',
        'DisableMethods',
        'tests/vddk/crash.test.ts: at $at, leaves no VM that can’t be moved',
      ],
    ],
    [],
  ),
  ...section('4', [
    ['nonpersistent, undoable, append', "mode: 'undoable'", `${cases}'nonpersistent', 'undoable', 'append'`],
    [
      'flags.snapshotLocked, snapshotDisabled (3.4)',
      "snapshotsForbidden: 'locked'",
      `${cases}Snapshots are \${snapshotsForbidden} in its settings`,
    ],
    ['another snapshot in the background', 'snapshotInBackground: true', `${cases}Another snapshot is being taken`],
    [
      'key missing on the host (cryptoState locked)',
      'keyMissing: true',
      `${cases}Encrypted, and its host lacks the key`,
    ],
    ['first class disk', 'firstClass: true', `${cases}First class disk`],
    ['instant clone, frozen', 'instantCloneFrozen: true', `${cases}Frozen source of instant clones`],
    ['vNVDIMM', 'nvdimm: true', `${cases}Memory modules that keep their data (NVDIMM)`],
    ['host in maintenance', 'EnterMaintenanceMode_Task', `${hosts}and on which the VM stays, being off`],
    ['template', 'template: true', `${cases}Template`],
    ['independent persistent', "mode: 'independent_persistent'", `${cases}Independent disk, persistent`],
    ['independent nonpersistent', "mode: 'independent_nonpersistent'", `${cases}Independent disk, nonpersistent`],

    ['physical RDM', "rdm: 'physical'", `${cases}Raw device mapping, physical mode, VM off`],
    ['multi-writer', 'multiwriter: true', `${cases}Multi-writer disk, VM on`],
    ['SCSI bus sharing', "sharedBus: 'physical'", `${cases}Controller with bus sharing`],
    ['passthrough', 'passthrough: true', `${cases}Passthrough device, VM on`],
    ['Fault Tolerance', 'faultTolerant: true', `${cases}Fault Tolerance`],
    ['encrypted', 'encrypted: true', `${cases}Encrypted VM`],
    ['vTPM', 'virtualTpm: true', `${cases}Virtual TPM`],
    ['suspended', "power: 'suspended'", `${cases}Suspended VM`],
    [
      'disconnected, orphaned, inaccessible, invalid',
      "connection: 'orphaned'",
      `${cases}'disconnected', 'orphaned', 'inaccessible', 'invalid'`,
    ],
    ['pending question', "question: 'Moved or copied?'", `${cases}A question is pending`],
    ['consolidation needed', 'consolidationNeeded: true', `${cases}Consolidation needed`],
    ['vSAN, vVol', "type: 'vsan'", `tests/journeys/disk-formats.test.ts: 'VMFS', 'NFS', 'vsan', 'VVOL'`],
    ['linked clone', "linkedTo: 'golden'", `${cases}Linked clone`],
    ['4Kn', 'sectorBytes: 4096', `${cases}Sectors of 4096 bytes`],
    ['persistent memory', 'pmem: true', `${cases}Disk in persistent memory`],
    ['iSCSI or NFS inside the guest', 'volumes: [{ path:', `${cases}File systems of the guest over iSCSI or NFS`],
    ['capacity 0', "lost: 'file'", `${cases}Disk whose file is gone`],
    ['datastore missing', "lost: 'datastore'", `${cases}Disk whose datastore is gone`],
    ['no licence', '*_Task,then=fault:RestrictedVersion', `${refused}['RestrictedVersion', `],
  ]),
  ...section(
    '5.1',
    [
      [
        'port 902 not reached',
        'nfc.banner,then=stall',
        'packages/nfc/src/connect/connect.test.ts: names host and port, and the firewall, when nothing answers',
      ],
      ['NFC error 5, no buffer left', 'nfc.io,times=1,then=error:5', `${faults}the host refuses every read`],

      ['a silent host', 'nfc.io,after=5,times=1,then=stall', `${faults}a host that falls silent in mid-read`],
      [
        'thumbprint mismatch',
        'NfcRandomAccessOpenReadonly,then=wrong-thumbprint',
        `${faults}the host shows another certificate than vCenter says`,
      ],
      [
        '52 connections, held by another program for a while',
        'POST /lab/hosts/esxi-1.lab/occupy',
        'tests/journeys/nfc-hosts.test.ts: that lets go of them in time',
      ],
      [
        '52 connections, held by another program for good',
        'POST /lab/hosts/esxi-1.lab/occupy',
        'tests/journeys/nfc-hosts.test.ts: that keeps them fails the VM',
      ],
      [
        'disk of a running VM: it was off and is started in mid-read',
        'POST /lab/vms/web01/power',
        'tests/journeys/nfc-hosts.test.ts: that was off is read to the instant',
      ],
      [
        'disk of a running VM: a template is converted and started in mid-read',
        'POST /lab/vms/web01/power',
        'tests/journeys/nfc-hosts.test.ts: that was a template',
      ],
      ['the ticket is dead', 'nfc.session,times=1,then=dead-ticket', `${faults}when a ticket is dead`],
    ],
    [],
  ),
  ...section('5.2', [
    [
      'no SCSI disk, encrypted, datastore not seen',
      "the datastore's `host`",
      `${hotadd}what is no SCSI disk, what is encrypted, what its host does not see`,
    ],
    ['no free slot', '64 on a paravirtual one of hardware 14 and later', `${hotadd}no free place: the network is used`],
    [
      'vSAN disk on a proxy that is not on vSAN (KB 306343)',
      'a disk on vSAN, on a machine that does not lie there',
      'tests/journeys/disk-transports.test.ts: it lies on vSAN, and proxy',
    ],
    ['signature of sector 0 altered', 'machine.disk,then=signature', `${hotadd}has its first sector from the host`],
    ['proxy of the same template', 'machine.disk,then=wrong-disk', `${hotadd}is another one than was asked for`],
    ['the disk never appears', 'machine.disk,then=missing', `${hotadd}never appears`],
    [
      'another task on the proxy',
      'ReconfigVM_Task,object=proxy,times=2,then=fault:TaskInProgress',
      `${hotadd}waits for another task that changes the machine`,
    ],
    [
      'disk not released',
      'ReconfigVM_Task,object=proxy,after=1,then=fault:InvalidState',
      `${hotadd}that cannot be taken off is reported`,
    ],
  ]),
  ...section(
    '5.3',
    [
      [
        'vVol, vSAN, NFS, encrypted, local',
        "the datastore's `host`",
        'tests/journeys/san.test.ts: is on a local disk of its host',
      ],
      [
        'restore over SAN',
        '`san` writes nothing',
        'tests/journeys/transports.test.ts: a restore that may use nothing but %s is refused before anything',
      ],
    ],
    [],
  ),
  ...section('5.4', [
    ['a file is locked', 'folder.get,object=*.vmx,then=http-error:500', `${faults}a home file that cannot be had`],
    ['a download breaks off', 'folder.get,times=1,then=truncate', `${faults}a home file that cannot be had`],
  ]),
  ...section('5.5', [
    ['lease runs out', 'lease.get,times=1,then=expire-lease', `${lease}'runs out'`],
    [
      'renewing fails in time',
      'HttpNfcLeaseProgress,times=1,then=expire-lease',
      `${lease}is held longer than it lives lives on`,
    ],
    ['manifest wrong', 'HttpNfcLeaseGetManifest,then=wrong-checksum', `${lease}says it sent something else`],
    ['manifest short', 'HttpNfcLeaseGetManifest,then=short-manifest', `${lease}does not say what it sent`],
    ['stream breaks off', 'lease.get,after=0,times=1,then=truncate', `${lease}is cut in mid-disk`],
    ['a bit flips', 'lease.get,times=1,then=garbage', `${lease}flips a bit`],
    [
      'VM held by another task',
      'ExportSnapshot,times=1,then=fault:TaskInProgress',
      `${lease}is kept off by another task`,
    ],
    ['no right to export', "without: ['VApp.Export']", `${lease}may not be had: the user lacks VApp.Export`],
    ['host not reached on 443', 'lease.*,then=disconnect', `${lease}cannot be reached: port 443 of the host is closed`],
  ]),
]
