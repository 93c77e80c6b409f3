import { defineErrors } from '@vmkeep/kit'

/** Everything the command line itself finds wrong. What the packages below find wrong has their own codes. */
export const fail = defineErrors({
  'cli.usage': [
    'change-request',
    (d: { problem: string; command: string }) => `${d.problem}; see "${d.command} --help"`,
  ],
  'cli.not-a-terminal': [
    'change-request',
    (d: { question: string; instead: string }) => `there is no terminal to ask "${d.question}"; ${d.instead}`,
  ],
  'cli.declined': ['change-request', (d: { what: string }) => `${d.what}; nothing was changed`],
  'cli.file-exists': [
    'change-request',
    (d: { path: string }) => `${d.path} is already there and is never overwritten; name another file or remove it`,
  ],
  'cli.file-unwritable': [
    'call-operator',
    (d: { path: string; why: string }) => `${d.path} cannot be written: ${d.why}`,
  ],
  'cli.recovery-code-nowhere': [
    'change-request',
    () =>
      'there is no terminal to show the recovery code on, and in a log it would be lost or read by others; add --recovery-code-file FILE',
  ],
  'cli.topic-unknown': [
    'change-request',
    (d: { topic: string; topics: string }) =>
      `there is no help on "${d.topic}"; there is help on every command and on ${d.topics}`,
  ],

  'cli.config-missing': [
    'change-request',
    (d: { path: string }) => `the config file ${d.path} is not there; check --config and VMKEEP_CONFIG`,
  ],
  'cli.config-unreadable': [
    'call-operator',
    (d: { path: string; why: string }) => `the config file ${d.path} cannot be read: ${d.why}`,
  ],
  'cli.config-syntax': [
    'change-request',
    (d: { at: string; problem: string }) => `${d.at}: this is not YAML: ${d.problem}`,
  ],
  'cli.config-invalid': ['change-request', (d: { problems: readonly string[] }) => d.problems.join('\n')],
  'cli.config-exposes-secret': [
    'call-operator',
    (d: { path: string; key: string }) =>
      `the config file ${d.path} holds a secret (${d.key}) and can be read by others; run "chmod 600 ${d.path}"`,
  ],
  'cli.vcenter-unknown': [
    'change-request',
    (d: { name: string; known: readonly string[] }) =>
      `the config has no vCenter named "${d.name}"; it has ${d.known.join(', ') || 'none'}`,
  ],
  'cli.vcenter-ambiguous': [
    'change-request',
    (d: { known: readonly string[] }) =>
      `the config has several vCenters and none was chosen; add --vcenter with one of ${d.known.join(', ')}`,
  ],
  'cli.vcenter-missing': [
    'change-request',
    () =>
      'no vCenter or ESXi host is configured; add one under "vcenters" in the config file, or set VMKEEP_VCENTER_HOST, VMKEEP_VCENTER_USERNAME and VMKEEP_VCENTER_PASSWORD_FILE',
  ],
  'cli.username-missing': [
    'change-request',
    (d: { vcenter: string }) =>
      `vCenter "${d.vcenter}" has no username; add it to the config or set VMKEEP_VCENTER_USERNAME`,
  ],
  'cli.repository-missing': [
    'change-request',
    () =>
      'no repository is configured; add --repo FOLDER or s3://BUCKET/PREFIX, set VMKEEP_REPO, or set repository.path in the config file',
  ],
  'cli.twin-needs-a-passphrase': [
    'change-request',
    (d: { path: string }) =>
      `the key you gave opens ${d.path}, but is not its passphrase: give the passphrase, which will open the new repository as well`,
  ],
  'cli.as-of-folder': [
    'change-request',
    (d: { path: string }) =>
      `${d.path} is a folder and keeps no versions, so that it cannot be opened as it was: --as-of is for a bucket with versions; for a folder use a snapshot of its file system`,
  ],
  'cli.key-not-a-passphrase': [
    'change-request',
    () =>
      'neither a passphrase nor a key file opened the repository, and "vmkeep key change" replaces one of these; add a new passphrase with "vmkeep key add", then remove the forgotten one with "vmkeep key remove"',
  ],
  'cli.storage-unsafe': [
    'call-operator',
    (d: { storage: string; broken: readonly string[] }) =>
      `${d.storage} does not keep what a repository relies on, and is not used (${d.broken.join('; ')}): update that server or file system, or choose another; "vmkeep repo validate" tries it again`,
  ],
  'cli.retention-missing': [
    'change-request',
    () =>
      'the config has no retention rules, so every restore point is kept; add, say, "retention: {keepDaily: 7, keepWeekly: 4}"',
  ],

  'cli.secret-missing': [
    'call-operator',
    (d: { what: string; ways: string }) =>
      `${d.what} is not known and there is no terminal to ask on; give it with ${d.ways}`,
  ],
  'cli.secret-empty': [
    'call-operator',
    (d: { what: string; from: string }) => `${d.what} is empty: ${d.from} gave nothing`,
  ],
  'cli.secret-file-unreadable': [
    'call-operator',
    (d: { what: string; path: string; why: string }) => `${d.what} cannot be read from ${d.path}: ${d.why}`,
  ],
  'cli.secret-file-exposed': [
    'call-operator',
    (d: { what: string; path: string; mode: string }) =>
      `${d.what} in ${d.path} can be read by others (mode ${d.mode}); run "chmod 600 ${d.path}"`,
  ],
  'cli.secret-variable-unset': [
    'call-operator',
    (d: { what: string; name: string }) =>
      `${d.what} should come from the environment variable ${d.name}, which is not set`,
  ],
  'cli.secret-command-failed': [
    'call-operator',
    (d: { what: string; command: string; why: string }) =>
      `${d.what} should come from the command "${d.command}", which failed: ${d.why}`,
  ],

  'cli.trust-file-damaged': [
    'call-operator',
    (d: { path: string; problem: string }) =>
      `the trust file ${d.path} cannot be understood: ${d.problem}; correct it, or remove it and run "vmkeep vcenter trust HOST" again`,
  ],
  'cli.authority-unreadable': [
    'call-operator',
    (d: { path: string; why: string }) =>
      `the certificate authority in ${d.path} cannot be read: ${d.why}; correct caFile in the config`,
  ],
  'cli.certificate-other': [
    'call-operator',
    (d: { host: string; expected: string; found: string }) =>
      `the certificate of ${d.host} is not the one you named: it has SHA-256 ${d.found}, you gave ${d.expected}; nothing was stored`,
  ],
  'cli.vm-ambiguous': [
    'change-request',
    (d: { name: string; candidates: readonly string[] }) =>
      `"${d.name}" means several VMs: ${d.candidates.join(', ')}; give the inventory path or the reference of one`,
  ],
  'cli.point-of-other-vm': [
    'change-request',
    (d: { point: string; vm: string; other: string }) =>
      `restore point ${d.point} is of ${d.other}, not of ${d.vm}; see "vmkeep point list ${d.vm}"`,
  ],
  'cli.no-policy': [
    'change-request',
    (d: { name: string; known: readonly string[] }) =>
      `the config has no policy "${d.name}"; it has ${d.known.join(', ') || 'none'}`,
  ],
  'cli.memory-or-quiesce': [
    'change-request',
    (d: { memory: string; quiesce: string }) =>
      `"memory: ${d.memory}" and "quiesce: ${d.quiesce}" exclude each other: vSphere quiesces no guest whose memory it keeps. Choose one; beside memory, quiesce can be off or prefer`,
  ],
  'cli.policy-elsewhere': [
    'change-request',
    (d: { policy: string; only: readonly string[]; chosen: string }) =>
      `the policy "${d.policy}" is for ${d.only.join(', ')} only, and not for ${d.chosen}; leave --vcenter away, or give one of them`,
  ],
  'cli.policy-selector': [
    'change-request',
    (d: { key: string; why: string }) => `${d.key} of the config is not understood: ${d.why}`,
  ],
  'cli.tags-unknown': [
    'call-operator',
    (d: { why: string }) =>
      `a selector asks for tags, but they could not be read, and a VM would silently be left out: ${d.why}`,
  ],
  'cli.no-rules': [
    'change-request',
    (d: { name: string; known: readonly string[] }) =>
      `the config has no restore.rules named "${d.name}"; it has ${d.known.length === 0 ? 'none' : d.known.join(', ')}`,
  ],
  'cli.no-point': [
    'change-request',
    (d: { vm: string; damaged: number }) =>
      `there is no restore point of "${d.vm}"${d.damaged > 0 ? ` (${d.damaged} damaged points cannot tell what they are of; run "vmkeep verify")` : ''}; see "vmkeep point list"`,
  ],
  'cli.vm-on-several-servers': [
    'change-request',
    (d: { name: string; servers: readonly string[] }) =>
      `"${d.name}" is on ${d.servers.join(' and ')}; say which with --vcenter, or give its uuid`,
  ],
  'cli.vm-on-no-server': [
    'change-request',
    (d: { name: string; servers: readonly string[] }) =>
      `none of ${d.servers.join(', ')} has a VM "${d.name}"; see "vmkeep vm list --vcenter ${d.servers[0] ?? 'NAME'}"`,
  ],
  'cli.vm-not-found': [
    'change-request',
    (d: { name: string; vcenter: string }) => `${d.vcenter} has no VM "${d.name}"; see "vmkeep vm list"`,
  ],
})
