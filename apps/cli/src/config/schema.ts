import { Secret } from '@vmkeep/kit'
import { bytesPerSecondOf } from '../byte-rate.ts'
import { z } from 'zod'
import { checkMemory } from './check-memory.ts'
import { checkNames } from './check-names.ts'

// The config file. Every key is described here once: the parser, the published JSON Schema and the errors are made from it.

/** The four ways to give a secret, of which a config names at most one. */
type SecretWays<Name extends string> = {
  [K in Name]: z.ZodOptional<z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>>>
} & { [K in `${Name}File` | `${Name}Env` | `${Name}Command`]: z.ZodOptional<z.ZodString> }

const text = z.string().min(1)

function secretWays<const Name extends string>(name: Name, what: string): SecretWays<Name> {
  const clear = text.transform((value) => new Secret(value)).optional()
  const ways = {
    [name]: clear.describe(
      `${what}, in clear. The config file must then be readable by its owner only; the other ways are better.`,
    ),
    [`${name}File`]: text.optional().describe(`A file that holds the ${name}, readable by its owner only.`),
    [`${name}Env`]: text.optional().describe(`The environment variable that holds the ${name}.`),
    [`${name}Command`]: text.optional().describe(`A shell command that prints the ${name}.`),
  }
  return ways as unknown as SecretWays<Name>
}

const onlyOneWay = (name: string) => (entry: object) =>
  Object.entries(entry).filter(([key, value]) => value !== undefined && isWay(key, name)).length <= 1

const isWay = (key: string, name: string) =>
  key === name || ['File', 'Env', 'Command'].some((end) => key === name + end)

/** Keys that hold a secret in clear. */
export const secretKeys: ReadonlySet<string> = new Set(['password', 'key'])

const vcenter = z
  .strictObject({
    name: text.describe('What you call it, for --vcenter.'),
    host: text.describe('DNS name or IP address of a vCenter or an ESXi host.'),
    port: z.int().min(1).max(65_535).default(443),
    username: text.optional().describe('For example backup@vsphere.local.'),
    ...secretWays('password', 'The password'),
    thumbprint: z
      .string()
      .regex(
        /^([0-9A-Fa-f]{2}:?){19}[0-9A-Fa-f]{2}$|^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
        'it must be a SHA-256 or SHA-1 in hex',
      )
      .optional()
      .describe(
        'SHA-256 (or SHA-1) of its certificate. Without it and caFile: what "vmkeep vcenter trust" has stored.',
      ),
    caFile: text.optional().describe('PEM file of the certificate authority to trust instead of a thumbprint.'),
  })
  .refine(onlyOneWay('password'), 'give one of password, passwordFile, passwordEnv and passwordCommand, not several')
  .describe('A vCenter, or an ESXi host by itself.')

const s3 = z
  .strictObject({
    endpoint: text.optional().describe('https://host:port of an S3 server other than AWS.'),
    region: text
      .optional()
      .describe('The bucket’s region. Default: AWS_REGION or the shared config; us-east-1 with an endpoint.'),
    pathStyle: z
      .boolean()
      .optional()
      .describe('https://host/bucket/key instead of https://bucket.host/key. Default: yes with an endpoint.'),
    profile: text.optional().describe('A profile of the shared AWS config and credentials files.'),
  })
  .describe(
    'How a repository in S3 is reached. Credentials come the usual way: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, SSO, or the role of this machine.',
  )

const repository = z
  .strictObject({
    path: text.optional().describe('The folder restore points live in, local or NFS; or s3://bucket/prefix.'),
    s3: s3.optional(),
    lockSocket: text
      .optional()
      .describe(
        'Where the lock helper of a folder listens; asked only by a repository that locks. Default: /run/vmkeep-lock.sock.',
      ),
    ...secretWays('key', 'The passphrase, the recovery code, or the content of a key file or private key'),
  })
  .refine(onlyOneWay('key'), 'give one of key, keyFile, keyEnv and keyCommand, not several')
  .describe('Where restore points live.')

const repositoryName = text.regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'it must be a word of letters, digits, - and _')

const limits = z
  .strictObject({
    vms: z.int().min(1).max(1000).default(4).describe('VMs worked on at once.'),
    disksPerHost: z.int().min(1).max(50).default(8).describe('Disks read at once from one ESXi host.'),
    snapshotsPerDatastore: z
      .int()
      .min(1)
      .max(100)
      .default(4)
      .describe('Snapshots of ours alive at once on one datastore.'),
    tasksPerVcenter: z
      .int()
      .min(1)
      .max(500)
      .default(16)
      .describe(
        'Tasks of ours at once on one vCenter: snapshots made and removed, disks merged, change tracking switched.',
      ),
    nfcConnectionsPerHost: z
      .int()
      .min(1)
      .max(52)
      .optional()
      .describe(
        'NFC connections (nbdssl, nbd) to one ESXi host, wherever VMs have moved meanwhile. Default: 48 through vCenter, which allows 52; 24 on an ESXi host by itself.',
      ),
    memoryMiB: z
      .int()
      .min(128)
      .max(8192)
      .default(512)
      .describe(
        'Memory to plan with. Half of it is for the buffers, which never take more, however large and many the disks. The other half is not enforced: ' +
          'it is meant for the program (about 120 MiB), its threads (one per core, up to 40 MiB each) and the disks read at once (up to 4 MiB each). ' +
          'The default suits 2 cores and 12 disks at once; where there are more, more is taken.',
      ),
  })
  .describe('How much is done at once.')

const index = z
  .strictObject({
    memoryMiB: z
      .int()
      .min(16)
      .max(4096)
      .default(128)
      .describe(
        'What the index of a large repository may take in memory, beside about 100 bytes per pack: 160 MiB for 100 TiB.',
      ),
    cacheFolder: text
      .optional()
      .describe(
        'Where copies of the index lie, which can be fetched again at any time. Default: ~/.cache/vmkeep/index.',
      ),
    cacheGiB: z
      .int()
      .min(1)
      .optional()
      .describe('What they may take for one repository. 100 TiB take 13 GiB, and twice that while they are compacted.'),
  })
  .describe('How this machine holds the index of a repository: which chunk lies where.')

const vddk = z
  .strictObject({
    library: text.describe(
      'The folder vmware-vix-disklib-distrib of VDDK 7, 8 or 9 (or its lib64, or libvixDiskLib.so.8 itself).',
    ),
    configFile: text.optional().describe('The library’s own configuration file, for its log level and time-outs.'),
    transports: text
      .default('san:hotadd:nbdssl:nbd')
      .describe('What the library may choose from, in its own words and order.'),
    holdVm: z
      .boolean()
      .default(true)
      .describe(
        'Whether vCenter is told to keep a VM in its place (PrepareForAccess, which disables RelocateVM_Task) while the library reads its disks. Needs Global.DisableMethods and Global.EnableMethods on the vCenter.',
      ),
    guestInfo: z
      .boolean()
      .default(false)
      .describe(
        'Whether each backup of a VM looks what libvixMntapi, where it is installed, tells of its operating system and volumes: "vmkeep point show" has it. Costs some seconds per VM.',
      ),
  })
  .describe(
    'VMware’s own library (VDDK), for those who have it. It is loaded only if transports names vddk, in a process of its own.',
  )

const scriptPath = text.refine((path) => path.startsWith('/'), 'it must be an absolute path')

const scripts = z
  .strictObject({
    pre: scriptPath
      .optional()
      .describe('Run on this machine before the snapshot of each VM, by its absolute path and without a shell.'),
    post: scriptPath.optional().describe('Run as soon as the snapshot is there, and also if it failed.'),
    timeoutSeconds: z.int().min(1).max(86_400).default(300).describe('How long each may take before it is ended.'),
    ifPreFails: z
      .enum(['fail', 'continue'])
      .default('fail')
      .describe('fail: the VM fails, without a snapshot. continue: it is backed up, with a warning.'),
  })
  .describe('Scripts around the snapshot. Only their owner may be able to write to them.')

/** No character that a shell of either kind of guest would read as more than itself. */
const guestPath = text.refine(
  (path) => /^\/[^"'`$\\\n;&|<>]*$|^[A-Za-z]:\\[^"%\n&|<>^]*$/.test(path),
  'it must be an absolute path in the guest, /… or C:\\…, without characters of its shell',
)

const guestScripts = z
  .strictObject({
    pre: guestPath
      .optional()
      .describe(
        'Run in the guest before the snapshot of each VM that is on, through VMware Tools. Of Windows also .ps1, .bat and .cmd.',
      ),
    post: guestPath.optional().describe('Run there as soon as the snapshot is there, and also if it failed.'),
    timeoutSeconds: z.int().min(1).max(86_400).default(300).describe('How long each may take before it is ended.'),
    ifPreFails: z
      .enum(['fail', 'continue'])
      .default('fail')
      .describe('fail: the VM fails, without a snapshot. continue: it is backed up, with a warning.'),
    output: z
      .enum(['failed', 'always', 'never'])
      .default('failed')
      .describe(
        'When the last 4 KiB of what a script writes are read, from a temporary file in the guest: /dev/shm in Linux, TEMP for .bat and .cmd of Windows; of other scripts of Windows nothing. never: no such file is made.',
      ),
    username: text.describe('The account in the guest that runs them, such as backup or DOMAIN\\backup.'),
    ...secretWays('password', 'Its password'),
  })
  .refine(onlyOneWay('password'), 'give one of password, passwordFile, passwordEnv and passwordCommand, not several')
  .describe('Scripts around the snapshot that run inside of the VM.')

const memoryPolicies = ['off', 'prefer', 'require'] as const
const quiescePolicies = ['off', 'prefer', 'require', 'application', 'require-application'] as const

const vss = z
  .strictObject({
    backupType: z
      .enum(['copy', 'full', 'incremental', 'differential', 'log'])
      .default('copy')
      .describe(
        'What applications are told. Anything but copy may make them cut their logs, as a backup of their own would.',
      ),
    bootableSystemState: z
      .boolean()
      .default(true)
      .describe('Whether they are told that the system state is saved too.'),
    partialFileSupport: z.boolean().default(false).describe('Whether they may name parts of files to be saved.'),
  })
  .describe('What VSS of a Windows guest is asked with quiesce: application and require-application.')

const guards = z
  .strictObject({
    minFreeGiB: z
      .number()
      .min(0)
      .default(10)
      .describe(
        'What must be free on each datastore of a VM. With less its snapshot is not started: the VM is skipped, and the reason is told.',
      ),
    minFreePercent: z
      .number()
      .min(0)
      .max(100)
      .default(3)
      .describe('The same as a share of the capacity. Both must be met; 0 and 0 turn the guard off.'),
    startMaxLatencyMs: z
      .number()
      .min(0)
      .default(20)
      .describe(
        'Above this latency of a datastore, as its hosts count it, no snapshot is started there: the VM waits. 0: never wait.',
      ),
    readMaxLatencyMs: z
      .number()
      .min(0)
      .default(30)
      .describe('Above it disks there are read slowly: one read at a time, with rests. 0: never.'),
    latencyPatienceMinutes: z
      .number()
      .min(0)
      .default(30)
      .describe('A VM waits for slow datastores no longer, and then starts all the same with a warning.'),
  })
  .describe('What keeps snapshots from doing harm.')

const backup = z
  .strictObject({
    quiesce: z
      .enum(quiescePolicies)
      .default('prefer')
      .describe(
        'off: crash-consistent. prefer: quiesced, or crash-consistent if the guest cannot be quiesced, and said so. require: fail then. ' +
          'application: applications of Windows guests take part through VSS; less is taken, and said so. require-application: fail then.',
      ),
    quiesceTimeoutMinutes: z.int().min(5).max(240).default(15).describe('How long the guest may take to quiesce.'),
    memory: z
      .enum(memoryPolicies)
      .default('off')
      .describe(
        'Whether the memory of running guests is kept with their points, so that they can come back suspended, as they were, and go on. ' +
          'Stuns the guest, costs its memory in space and time, and excludes quiescing. prefer: without it where it cannot be had, and said so. require: fail then.',
      ),
    vss: vss.prefault({}),
    scripts: scripts.optional(),
    guestScripts: guestScripts.optional(),
    changeTracking: z
      .enum(['enable', 'as-is'])
      .default('enable')
      .describe('enable: switch changed block tracking on where it is off and the VM has no snapshot.'),
    auditDays: z
      .int()
      .min(0)
      .max(3650)
      .default(90)
      .describe(
        'Within how many days every part of a disk is compared with its last restore point, though change tracking calls it unchanged. ' +
          'Costs as much reading as a full backup in that time. 0: change tracking is believed.',
      ),
    transports: z
      .array(z.enum(['file', 'hotadd', 'nbdssl', 'nbd', 'lease', 'vddk']))
      .min(1)
      .default(['file', 'nbdssl'])
      .describe(
        'How disks are read: the first that reaches a disk reads it, the next goes on if it fails. file: from a datastore that is mounted here ' +
          '(backup.datastores). hotadd: where vmkeep runs in a VM of the same vCenter, by attaching the disk to that VM for as long as it is read. ' +
          'nbdssl: over port 902 of the host, encrypted. nbd: the same, not encrypted. ' +
          'lease: vSphere exports the whole disk over port 443 of the host; for full backups, and to restore as a new VM. ' +
          'vddk: by VMware’s own library, where it is installed (backup.vddk).',
      ),
    datastores: z
      .record(z.string(), z.string())
      .default({})
      .describe('For file: where datastores are mounted on this machine, `name: folder`.'),
    guards: guards.prefault({}),
    snapshotMaxHours: z
      .int()
      .min(1)
      .max(500)
      .default(72)
      .describe('A backup that holds its snapshot for longer is called off, and its snapshot is removed.'),
    vddk: vddk.optional(),
    proxyVm: text
      .optional()
      .describe(
        'For hotadd: which VM this machine is (a name, inventory path, uuid or reference), where its own uuid does not tell.',
      ),
    machineRoot: text
      .optional()
      .describe("For hotadd: where this machine's /sys and /dev are, in a container. Default: /."),
    compression: z
      .enum(['none', 'zlib', 'skipz'])
      .default('skipz')
      .describe('What the host compresses before it sends. skipz leaves out runs of zeroes and costs next to nothing.'),
    domain: text
      .optional()
      .describe(
        'The domain of the repository that restore points belong to, with keys of its own ("vmkeep domain create"). Default: none.',
      ),
    exclude: z.array(text).default([]).describe('VMs left out: names, inventory paths or globs.'),
    excludeDisks: z
      .array(text)
      .default([])
      .describe(
        'Disks left out of every VM, by label ("Hard disk 2") or address ("scsi0:1"). They are reported as excluded.',
      ),
    tags: z
      .array(text)
      .default([])
      .describe('Given to every point, beside those of --tag: words such as audit or env=prod.'),
    copyTo: z
      .array(text)
      .default([])
      .describe('Repositories, by name or path, that every new restore point is copied to after a backup.'),
  })
  .describe('How VMs are backed up.')

const glob = (what: string) => text.optional().describe(`${what}, or a glob.`)
const restoreRule = z
  .strictObject({
    match: z
      .strictObject({
        vcenter: glob('The address of the vCenter or ESXi host it was on'),
        datacenter: glob('Its datacenter'),
        cluster: glob('Its cluster'),
        host: glob('Its host'),
        datastore: glob('The datastore of its own files'),
        folder: glob('The inventory path of its folder'),
        resourcePool: glob('The inventory path of its resource pool'),
        network: glob('A network of it; for to.network'),
        storagePolicy: glob('A storage policy of it or of a disk; for to.storagePolicy'),
      })
      .prefault({})
      .describe('What the backed up VM had: all that is named must match.'),
    to: z
      .strictObject({
        folder: text.optional().describe('As --folder.'),
        resourcePool: text.optional().describe('As --resource-pool.'),
        host: text.optional().describe('As --host.'),
        datastore: text.optional().describe('As --datastore.'),
        network: text.optional().describe('Takes the place of the network that match.network names, or of every one.'),
        storagePolicy: text
          .optional()
          .describe('Takes the place of the storage policies that match.storagePolicy names, or of every one.'),
        provisioning: z.enum(['thin', 'lazy', 'eager']).optional().describe('As --provisioning.'),
      })
      .describe('What the new VM gets instead.'),
  })
  .describe('For each part the first rule that matches decides; flags go before rules.')

const restore = z
  .strictObject({
    rules: z
      .array(
        z.strictObject({
          name: text
            .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'it must be a word of letters, digits, - and _')
            .describe('For --rules.'),
          rules: z.array(restoreRule).min(1).describe('In the order in which they decide.'),
        }),
      )
      .default([])
      .describe('Where VMs go that are restored somewhere else, such as to a second site.'),
  })
  .describe('How VMs are restored.')

const policy = z
  .strictObject({
    name: text
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'it must be a word of letters, digits, - and _')
      .describe('For --policy.'),
    vcenters: z
      .array(text)
      .min(1)
      .optional()
      .describe(
        'The vCenters and ESXi hosts it is for, by their names above. Others are not even asked. Default: all.',
      ),
    select: text.describe(
      'Which VMs it is for: a selector such as `tag=env:prod and power=on` ("vmkeep help selectors"). New VMs are taken as they come.',
    ),
    exclude: text.optional().describe('Which of them it leaves out, by another selector.'),
    quiesce: z.enum(quiescePolicies).optional().describe('In place of backup.quiesce.'),
    memory: z.enum(memoryPolicies).optional().describe('In place of backup.memory.'),
    scripts: scripts.optional(),
    guestScripts: guestScripts.optional().describe('In place of backup.guestScripts.'),
    auditDays: z.int().min(0).max(3650).optional().describe('In place of backup.auditDays.'),
    domain: text.optional().describe('In place of backup.domain.'),
    excludeDisks: z.array(text).optional().describe('Beside backup.excludeDisks.'),
    tags: z.array(text).optional().describe('Beside backup.tags.'),
    copyTo: z.array(text).optional().describe('In place of backup.copyTo.'),
  })
  .describe('What to protect, and how. A VM belongs to the first policy that selects it.')

const keepCount = (what: string) =>
  z
    .union([z.int().min(0), z.literal('all')], 'it must be a whole number from 0 on, or all')
    .optional()
    .describe(`How many ${what}.`)
const gfsCount = (what: string) => z.int().min(0).max(1000).optional().describe(`For how many ${what}.`)
const keepWithin = (what: string) =>
  text
    .optional()
    .describe(`${what} younger than this before the newest point, such as 7d or 1y2m. Only with mode independent.`)

/** What each key means is checked by the package `retention`, which names the place and what to write. */
const retention = z
  .strictObject({
    mode: z
      .enum(['cascade', 'independent'])
      .optional()
      .describe(
        'cascade (default): counts add up, as in Proxmox Backup Server. independent: each rule counts for itself, as in restic.',
      ),
    clock: z
      .enum(['storage', 'writer'])
      .optional()
      .describe(
        'Whose clock tells how old a point is. storage (default): nobody who writes can make points look older or newer. writer: only for a repository that was copied without its files’ times.',
      ),
    timeZone: text
      .optional()
      .describe('Where days, weeks, months and years begin, such as Europe/Berlin. Default: UTC.'),
    keepLast: keepCount('of the newest points are kept'),
    keepHourly: keepCount('hours keep a point'),
    keepDaily: keepCount('days keep a point'),
    keepWeekly: keepCount('ISO weeks keep a point'),
    keepMonthly: keepCount('months keep a point'),
    keepYearly: keepCount('years keep a point'),
    keepWithin: keepWithin('Every point'),
    keepWithinHourly: keepWithin('One point per hour'),
    keepWithinDaily: keepWithin('One point per day'),
    keepWithinWeekly: keepWithin('One point per week'),
    keepWithinMonthly: keepWithin('One point per month'),
    keepWithinYearly: keepWithin('One point per year'),
    keepTags: z
      .array(text)
      .optional()
      .describe('Tags whose points are kept; "prod,quarter-end" for points that have both.'),
    gfs: z
      .strictObject({
        weekly: gfsCount('weeks the first point of each week is kept'),
        monthly: gfsCount('months the first point of each month is kept'),
        yearly: gfsCount('years the first point of each year is kept'),
      })
      .optional()
      .describe(
        'Flags that a backup gives to points when it makes them, each with its own end; no later policy changes them.',
      ),
    guards: z
      .strictObject({
        minAge: text.optional().describe('Nothing younger is removed, such as 24h (the default) or 7d.'),
        maxShareRemoved: text
          .optional()
          .describe('A run that would remove a larger share, such as 30%, removes nothing.'),
        neverNewestGood: z
          .boolean()
          .optional()
          .describe('Keep the newest good point of every VM whatever the rules say. Default: true.'),
      })
      .optional()
      .describe('What keeps a point whatever the rules say.'),
  })
  .describe('Which restore points are kept. Without any rule: all of them.')

const furtherRepository = z
  .strictObject({
    name: repositoryName.describe('What you call it: for --repo, "vmkeep repo sync" and backup.copyTo.'),
    path: text.describe('The folder restore points live in, local or NFS; or s3://bucket/prefix.'),
    s3: s3.optional(),
    ...secretWays('key', 'The passphrase, or the recovery code; those of repository if none is named here'),
    limitRate: text
      .refine((value) => bytesPerSecondOf(value) !== undefined, 'it must be a rate such as 50MiB/s')
      .optional()
      .describe('How fast restore points may be copied here, such as 50MiB/s.'),
    retention: retention.optional(),
  })
  .refine(onlyOneWay('key'), 'give one of key, keyFile, keyEnv and keyCommand, not several')
  .describe('A further repository. Its retention is its own, or else that of the config.')

export const configSchema = z
  .strictObject({
    vcenters: z.array(vcenter).default([]).describe('The vCenters and ESXi hosts to protect.'),
    repository: repository.prefault({}),
    repositories: z
      .array(furtherRepository)
      .default([])
      .describe('Further repositories, by name, such as one for copies somewhere else.'),
    limits: limits.prefault({}),
    index: index.prefault({}),
    backup: backup.prefault({}),
    policies: z
      .array(policy)
      .default([])
      .describe('What to protect, and how, in the order in which they take VMs: for --policy and "vmkeep vm explain".'),
    restore: restore.prefault({}),
    retention: retention.optional(),
    stateFolder: text
      .optional()
      .describe('Where vmkeep notes what it has under way, to clean up after a crash. Default: ~/.local/state/vmkeep.'),
  })
  .superRefine(checkNames)
  .superRefine(checkMemory)
  .describe('Configuration of vmkeep. ${env:NAME} and ${file:/path} in any text are replaced.')

export type Config = z.output<typeof configSchema>
export type VcenterConfig = Config['vcenters'][number]

/** The published JSON Schema, for editors: `# yaml-language-server: $schema=…`. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'throw' })
}
