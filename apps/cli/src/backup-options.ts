import type { BackupOptions, GuestScripts, HostScripts } from '@vmkeep/backup'
import { type TransportName, transportNames, type TransportSettings, type VddkSettings } from '@vmkeep/transport'
import { excludeEachOther } from './config/check-memory.ts'
import type { Config } from './config/schema.ts'
import { fail } from './errors.ts'
import { guestLogin, type LoginSources } from './guest-login.ts'
import { choice, flag, option, options, text, type Values } from './parameters.ts'

/** The flags `plan` and `backup` share, so that a plan is made of exactly what the backup will be made of. */
export const backupFlags = {
  all: flag({ help: 'every VM that is no template and does not exclude itself' }),
  selector: option(text('SELECTOR'), {
    help: 'every VM that a selector means, such as "tag=prod and power=on" (see "vmkeep help selectors")',
  }),
  policy: option(text('NAME'), { help: 'every VM of a policy of the config, in the way it says' }),
  exclude: options(text('VM'), { help: 'leave this VM out: a name, glob, inventory path, uuid or reference' }),
  excludeDisk: options(text('DISK'), {
    help: 'leave this disk out of every VM, by label ("Hard disk 2") or address (scsi0:1)',
  }),
  full: flag({ help: 'read every disk whole, whatever change tracking says; only differences are stored' }),
  quiesce: option(choice(['off', 'prefer', 'require', 'application', 'require-application']), {
    help: 'how the guest is brought to rest for the snapshot (default: backup.quiesce of the config, prefer)',
  }),
  memory: option(choice(['off', 'prefer', 'require']), {
    help: 'whether the memory of running guests is kept, to bring them back suspended (default: backup.memory of the config, off)',
  }),
  scripts: flag({
    negated: true,
    help: 'run none of the scripts that the config names around the snapshot, here or in the guest',
  }),
  domain: option(text('NAME'), {
    help: 'the domain the restore points belong to, with keys of its own (default: backup.domain of the config, or none)',
  }),
  transport: option(choice(transportNames), {
    help: 'the one way disks are read (default: backup.transports of the config, file and then nbdssl)',
  }),
}

/** One way of choosing VMs: nobody shall back up everything by forgetting a name. */
export function checkChoice(given: {
  readonly arguments: { readonly vm: readonly string[] }
  readonly options: {
    readonly all: boolean
    readonly selector?: string | undefined
    readonly policy?: string | undefined
  }
}): string | undefined {
  const { all, selector, policy } = given.options
  const ways = { 'named VMs': given.arguments.vm.length > 0, '--all': all, '--selector': selector, '--policy': policy }
  const chosen = Object.entries(ways).flatMap(([name, value]) => (value === false || value === undefined ? [] : [name]))
  if (chosen.length === 1) return undefined
  const [first, second] = chosen
  return first === undefined
    ? 'name the VMs, or give --all, --selector or --policy'
    : `${first} and ${second} are given: choose one`
}

/** How disks are read and written: the config's way, unless a flag says otherwise. */
export function transportOf({ backup }: Pick<Config, 'backup'>, asked: TransportName | undefined): TransportSettings {
  return {
    order: asked === undefined ? backup.transports : [asked],
    compression: backup.compression,
    mountedDatastores: backup.datastores,
    ...(backup.vddk !== undefined && { vddk: vddkOf(backup.vddk) }),
    ...(backup.proxyVm !== undefined && { proxyVm: backup.proxyVm }),
    ...(backup.machineRoot !== undefined && { machineRoot: backup.machineRoot }),
  }
}

const scriptsOf = ({ pre, post, ...rest }: NonNullable<Config['backup']['scripts']>): HostScripts => ({
  ...rest,
  ...(pre !== undefined && { pre }),
  ...(post !== undefined && { post }),
})

const guestScriptsOf = (
  { pre, post, timeoutSeconds, ifPreFails, output, ...account }: NonNullable<Config['backup']['guestScripts']>,
  sources: LoginSources,
): GuestScripts => ({
  ...scriptsOf({ pre, post, timeoutSeconds, ifPreFails }),
  output,
  login: guestLogin(account, sources),
})

const vddkOf = ({ configFile, ...rest }: NonNullable<Config['backup']['vddk']>): VddkSettings => ({
  ...rest,
  ...(configFile !== undefined && { configFile }),
})

/** What else a backup that makes points is told. @throws `retention.…` */
export async function keepingOptionsOf(
  { backup, retention }: Config,
  { tag }: { readonly tag: readonly string[] },
): Promise<Pick<BackupOptions, 'tags' | 'gfs'>> {
  const tags = [...new Set([...backup.tags, ...tag])]
  if (retention?.gfs === undefined) return { tags }
  const { parseRetentionPolicy } = await import('@vmkeep/retention')
  return { tags, gfs: parseRetentionPolicy(retention) }
}

/** What keeps snapshots from doing harm. Both latencies 0: nobody asks how slow datastores are. */
export function guardsOf({ guards }: Pick<Config['backup'], 'guards'>): Pick<BackupOptions, 'freeSpace' | 'latency'> {
  const { startMaxLatencyMs, readMaxLatencyMs, latencyPatienceMinutes: patienceMinutes } = guards
  const limit = (ms: number) => (ms === 0 ? Infinity : ms)
  const latency = { startMaxMs: limit(startMaxLatencyMs), readMaxMs: limit(readMaxLatencyMs), patienceMinutes }
  return {
    freeSpace: { minFreeBytes: guards.minFreeGiB * 1024 ** 3, minFreeShare: guards.minFreePercent / 100 },
    ...((startMaxLatencyMs > 0 || readMaxLatencyMs > 0) && { latency }),
  }
}

/** @throws `cli.memory-or-quiesce` */
export function backupOptionsOf(
  { backup, limits }: Config,
  flags: Values<typeof backupFlags>,
  sources: LoginSources,
): BackupOptions {
  const domain = flags.domain ?? backup.domain
  const { scripts, guestScripts } = flags.scripts ? backup : {}
  const quiesce = flags.quiesce ?? backup.quiesce
  const memory = flags.memory ?? backup.memory
  if (excludeEachOther({ memory, quiesce })) throw fail('cli.memory-or-quiesce', { memory, quiesce })
  return {
    quiesce,
    memory,
    quiesceTimeoutMinutes: backup.quiesceTimeoutMinutes,
    vss: backup.vss,
    ...(scripts !== undefined && { scripts: scriptsOf(scripts) }),
    ...(guestScripts !== undefined && { guestScripts: guestScriptsOf(guestScripts, sources) }),
    changeTracking: backup.changeTracking,
    fullRead: flags.full,
    auditDays: backup.auditDays,
    ...(domain !== undefined && { domain }),
    excludeDisks: [...backup.excludeDisks, ...flags.excludeDisk],
    transport: transportOf({ backup }, flags.transport),
    snapshotMaxHours: backup.snapshotMaxHours,
    ...guardsOf(backup),
    limits: {
      vmsMax: limits.vms,
      disksPerHostMax: limits.disksPerHost,
      snapshotsPerDatastoreMax: limits.snapshotsPerDatastore,
      tasksPerVcenterMax: limits.tasksPerVcenter,
      ...(limits.nfcConnectionsPerHost !== undefined && { nfcConnectionsPerHostMax: limits.nfcConnectionsPerHost }),
    },
  }
}
