import { formatDatastorePath } from '../files/datastore-path.ts'
import { encodeName } from '../inventory/names.ts'
import type { VmConfig } from '../vm/vm-disk.ts'
import type { ConfigSpec, CreateOptions, CreatePlan, CreateWarning, Warn } from './create-options.ts'
import { declaredOnly } from './declared-only.ts'
import { deviceChangesOf } from './devices.ts'
import { extraConfigOf } from './extra-config.ts'
import { plannedBootOrderOf, plannedDisksOf } from './planned-disks.ts'
import { settingsOf } from './settings.ts'
import { vAppConfigOf } from './vapp-config.ts'

/**
 * Plans a new VM like a saved one. Pure: the saved configuration and the options decide everything.
 *
 * The spec is rebuilt field by field; nothing of the old server's identity (device keys, UUIDs of disks, change ids, key
 * ids, moref values) goes along. The VM is made without disks, which are added one at a time: so a disk that can't be
 * made names itself. Change tracking stays off, because what the restore writes is not tracked.
 *
 * Source: VDDK programming guide, "Restoring a virtual machine" and what other products learnt. Evidence: documented.
 */
export function buildCreateSpec(saved: VmConfig, options: CreateOptions): CreatePlan {
  const warnings: CreateWarning[] = []
  const warn: Warn = (warning) => void warnings.push(warning)
  const bootOrder = plannedBootOrderOf(saved)
  const spec = specOf(saved, options, warn)
  warnAboutWhatIsLeft(saved, warn)
  return { spec, disks: plannedDisksOf(saved), ...(bootOrder === undefined ? {} : { bootOrder }), warnings }
}

function specOf(saved: VmConfig, options: CreateOptions, warn: Warn): ConfigSpec {
  return declaredOnly({
    ...settingsOf(saved, options, warn),
    name: encodeName(options.name),
    // instanceUuid stays unset: the server must give the VM one of its own.
    uuid: options.biosUuid === 'generate' ? undefined : saved.uuid,
    files: { vmPathName: formatDatastorePath({ datastore: options.datastoreName, path: '' }) },
    deviceChange: deviceChangesOf(saved, options, warn),
    extraConfig: extraConfigOf(saved, options.marker),
    vAppConfig: vAppConfigOf(saved),
  })
}

type Loss = readonly [code: string, isLost: (saved: VmConfig) => boolean, sentence: string]

const losses: readonly Loss[] = [
  [
    'encryption-off',
    (c) => c.keyId !== undefined,
    'The saved VM was encrypted; the new one is not, until a storage policy encrypts it.',
  ],
  [
    'affinity-off',
    (c) => (c.cpuAffinity?.affinitySet.length ?? 0) > 0,
    'CPU affinity is left out: it names processors of the old host.',
  ],
  [
    'affinity-off',
    (c) => (c.memoryAffinity?.affinitySet.length ?? 0) > 0,
    'Memory affinity is left out: it names memory of the old host.',
  ],
  [
    'manager-off',
    (c) => c.managedBy !== undefined,
    'The extension that managed the VM is not told; the new VM is managed by nobody.',
  ],
  [
    'npiv-off',
    (c) => (c.npivNodeWorldWideName?.length ?? 0) > 0,
    'World wide names (NPIV) are left out: they must be unique.',
  ],
  ['sgx-off', (c) => (c.sgxInfo?.epcSize ?? 0) > 0, "SGX memory is left out: it is bound to a host's hardware."],
  ['replication-off', (c) => c.repConfig !== undefined, 'vSphere Replication is not set up for the new VM.'],
  ['fault-tolerance-off', (c) => c.ftInfo !== undefined, 'Fault Tolerance is not turned on for the new VM.'],
]

function warnAboutWhatIsLeft(saved: VmConfig, warn: Warn): void {
  for (const [code, isLost, sentence] of losses) if (isLost(saved)) warn({ code, sentence })
}
