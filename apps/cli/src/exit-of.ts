import { AppError, causes, matchesGlob, type Remedy } from '@vmkeep/kit'
import type { ExitName } from './exits.ts'
import { Interruption } from './interruption.ts'

// Which error ends a command with which code. The first line that matches counts; what no line names is decided by the remedy.
// Held by exits.test.ts, which knows every code of every package.
export const exitRules: readonly (readonly [code: string, exit: ExitName])[] = [
  ['cli.vm-not-found', 'notFound'],
  ['cli.vm-on-no-server', 'notFound'],
  ['cli.no-point', 'notFound'],
  ['cli.no-policy', 'notFound'],
  ['cli.tags-unknown', 'precondition'],
  ['cli.storage-unsafe', 'precondition'],
  ['cli.secret-*', 'precondition'],
  ['cli.config-exposes-secret', 'precondition'],
  ['cli.certificate-*', 'notSignedIn'],
  ['cli.file-exists', 'conflict'],
  ['cli.file-unwritable', 'failed'],
  ['cli.trust-file-damaged', 'failed'],
  ['cli.declined', 'failed'],
  ['cli.*', 'usage'],

  ['vsphere.certificate-*', 'notSignedIn'],
  ['vsphere.login-failed', 'notSignedIn'],
  ['vsphere.not-authenticated', 'notSignedIn'],
  ['vsphere.no-permission', 'notSignedIn'],
  ['vsphere.bad-thumbprint', 'usage'],
  ['vsphere.unknown-host', 'notFound'],
  ['vsphere.not-found', 'notFound'],
  ['vsphere.*not-found', 'notFound'],
  ['vsphere.*ambiguous', 'usage'],
  ['vsphere.busy', 'conflict'],
  ['vsphere.file-locked', 'conflict'],
  ['vsphere.name-taken', 'conflict'],
  ['vsphere.datastore-full', 'precondition'],
  ['vsphere.restricted-licence', 'precondition'],
  ['vsphere.unsupported-version', 'precondition'],

  ['repository.missing', 'noRepository'],
  ['repository.creation-unfinished', 'noRepository'],
  ['repository.wrong-key', 'wrongKey'],
  ['repository.recovery-code-typo', 'wrongKey'],
  ['repository.no-key-slots', 'wrongKey'],
  ['repository.key-known', 'conflict'],
  ['repository.key-slot-missing', 'notFound'],
  ['repository.key-slot-last', 'precondition'],
  ['repository.generation-unknown', 'notFound'],
  ['repository.generation-*', 'precondition'],
  ['repository.keys-*', 'precondition'],
  ['repository.feature-missing', 'precondition'],
  ['repository.domain-unknown', 'notFound'],
  ['repository.domain-exists', 'conflict'],
  ['repository.domain-invalid', 'usage'],
  ['repository.domain-*', 'precondition'],
  ['repository.exists', 'conflict'],
  ['repository.key-too-short', 'usage'],
  ['repository.key-malformed', 'wrongKey'],
  ['repository.needs-data-keys', 'precondition'],
  ['repository.invalid-option', 'usage'],
  ['repository.version-unknown', 'precondition'],
  ['repository.feature-unknown', 'precondition'],
  ['repository.point-not-found', 'notFound'],
  ['repository.copy-to-itself', 'usage'],
  ['repository.point-ambiguous', 'usage'],
  ['repository.point-protected', 'precondition'],
  ['repository.tags-invalid', 'usage'],
  ['storage.missing', 'noRepository'],
  ['storage.not-a-folder', 'noRepository'],
  ['storage.full', 'precondition'],
  ['storage.read-only', 'precondition'],
  ['storage.no-links', 'precondition'],
  ['storage.no-lock', 'precondition'],
  ['storage.locked', 'precondition'],
  ['storage.past', 'usage'],
  ['storage.no-permission', 'precondition'],

  ['s3.invalid-*', 'usage'],
  ['s3.*-region', 'usage'],
  ['s3.*credentials*', 'notSignedIn'],
  ['s3.clock-wrong', 'precondition'],
  ['s3.not-supported', 'precondition'],

  ['lab.bad-*', 'usage'],

  ['run.vm-busy', 'conflict'],
  ['run.state-unusable', 'precondition'],
  ['run.instance-id-damaged', 'precondition'],
  ['run.point-not-a-vm', 'usage'],
  ['run.point-too-new', 'precondition'],

  // The repository lists what can't be: no other command line would help.
  ['retention.point-time-invalid', 'damaged'],
  ['retention.point-twice', 'damaged'],
  ['retention.*', 'usage'],

  ['backup.tracking-has-snapshots', 'precondition'],
  ['transport.none-*', 'precondition'],

  ['selection.*', 'usage'],

  ['restore.no-such-disk', 'notFound'],
  ['restore.no-such-storage-policy', 'notFound'],
  ['restore.storage-policies-unknown', 'precondition'],
  ['restore.target-exists', 'conflict'],
  ['restore.target-busy', 'conflict'],
  ['restore.vm-exists', 'conflict'],
  ['restore.vm-gone', 'notFound'],
  ['restore.not-in-place', 'precondition'],
  ['restore.target-full', 'precondition'],
  ['restore.target-unusable', 'precondition'],
  ['restore.network-unknown', 'usage'],
]

const byRemedy: Readonly<Record<Remedy, ExitName>> = {
  retry: 'failed',
  'change-request': 'failed',
  'call-operator': 'failed',
  quarantine: 'damaged',
  'report-bug': 'failed',
}

/** How a command that ended with `error` exits. The outermost error whose code has a rule decides, then the outermost remedy. */
export function exitOf(error: unknown): ExitName {
  const links = [...causes(error)]
  const interruption = links.find((link) => link instanceof Interruption)
  if (interruption !== undefined) return interruption.exit
  const ours = links.filter((link) => link instanceof AppError)
  for (const { code } of ours) {
    const rule = exitRules.find(([pattern]) => matchesGlob(pattern, code))
    if (rule !== undefined) return rule[1]
  }
  return ours[0] === undefined ? 'failed' : byRemedy[ours[0].remedy]
}
