import type { AnyCommand } from './command.ts'

/** Commands by name, in the order help shows them, each loaded when it is wanted: start-up stays fast. */
export type Catalogue = Readonly<Record<string, () => Promise<AnyCommand>>>

export const catalogue: Catalogue = {
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/restore.ts')).restoreCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  'vcenter trust': async () => (await import('./commands/vcenter-trust.ts')).vcenterTrustCommand,
  'vm list': async () => (await import('./commands/vm-list.ts')).vmListCommand,
  'vm show': async () => (await import('./commands/vm-show.ts')).vmShowCommand,
  'vm explain': async () => (await import('./commands/vm-explain.ts')).vmExplainCommand,
  'vm cbt status': async () => (await import('./commands/vm-cbt-status.ts')).vmCbtStatusCommand,
  'vm cbt enable': async () => (await import('./commands/vm-cbt-enable.ts')).vmCbtEnableCommand,
  'vm cbt disable': async () => (await import('./commands/vm-cbt-disable.ts')).vmCbtDisableCommand,
  'vm cbt reset': async () => (await import('./commands/vm-cbt-reset.ts')).vmCbtResetCommand,
  'vm cbt audit': async () => (await import('./commands/vm-cbt-audit.ts')).vmCbtAuditCommand,
  'policy list': async () => (await import('./commands/policy-list.ts')).policyListCommand,
  'point list': async () => (await import('./commands/point-list.ts')).pointListCommand,
  'point show': async () => (await import('./commands/point-show.ts')).pointShowCommand,
  'point protect': async () => (await import('./commands/point-protect.ts')).pointProtectCommand,
  'point unprotect': async () => (await import('./commands/point-unprotect.ts')).pointUnprotectCommand,
  'point tag': async () => (await import('./commands/point-tag.ts')).pointTagCommand,
  'point untag': async () => (await import('./commands/point-untag.ts')).pointUntagCommand,
  'point clear': async () => (await import('./commands/point-clear.ts')).pointClearCommand,
  'point undelete': async () => (await import('./commands/point-undelete.ts')).pointUndeleteCommand,
  forget: async () => (await import('./commands/forget.ts')).forgetCommand,
  'retention preview': async () => (await import('./commands/retention-preview.ts')).retentionPreviewCommand,
  'retention apply': async () => (await import('./commands/retention-apply.ts')).retentionApplyCommand,
  'repo init': async () => (await import('./commands/repo-init.ts')).repoInitCommand,
  'repo validate': async () => (await import('./commands/repo-validate.ts')).repoValidateCommand,
  'repo verify': async () => (await import('./commands/repo-verify.ts')).repoVerifyCommand,
  'repo repair': async () => (await import('./commands/repo-repair.ts')).repoRepairCommand,
  'repo rebuild-index': async () => (await import('./commands/repo-rebuild-index.ts')).repoRebuildIndexCommand,
  'repo status': async () => (await import('./commands/repo-status.ts')).repoStatusCommand,
  'repo sync': async () => (await import('./commands/repo-sync.ts')).repoSyncCommand,
  'repo gc': async () => (await import('./commands/repo-gc.ts')).repoGcCommand,
  'key list': async () => (await import('./commands/key-list.ts')).keyListCommand,
  'key add': async () => (await import('./commands/key-add.ts')).keyAddCommand,
  'key test': async () => (await import('./commands/key-test.ts')).keyTestCommand,
  'key create-file': async () => (await import('./commands/key-create-file.ts')).keyCreateFileCommand,
  'key create-pair': async () => (await import('./commands/key-create-pair.ts')).keyCreatePairCommand,
  'key change': async () => (await import('./commands/key-change.ts')).keyChangeCommand,
  'key remove': async () => (await import('./commands/key-remove.ts')).keyRemoveCommand,
  'key rotate': async () => (await import('./commands/key-rotate.ts')).keyRotateCommand,
  'key retire': async () => (await import('./commands/key-retire.ts')).keyRetireCommand,
  'domain list': async () => (await import('./commands/domain-list.ts')).domainListCommand,
  'domain create': async () => (await import('./commands/domain-create.ts')).domainCreateCommand,
  'domain erase': async () => (await import('./commands/domain-erase.ts')).domainEraseCommand,
  'config view': async () => (await import('./commands/config-view.ts')).configViewCommand,
  'config validate': async () => (await import('./commands/config-validate.ts')).configValidateCommand,
  lab: async () => (await import('./commands/lab.ts')).labCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
  complete: async () => (await import('./commands/complete.ts')).completeCommand,
  version: async () => (await import('./commands/version.ts')).versionCommand,
  help: async () => (await import('./commands/help.ts')).helpCommand,
}

export async function loadAll(commands: Catalogue): Promise<AnyCommand[]> {
  return Promise.all(Object.values(commands).map((load) => load()))
}

/** The words that may follow a noun: `point` → list, show; `vm` → list, show, cbt; `vm cbt` → status, reset. */
export function verbsOf(commands: Catalogue, noun: string): string[] {
  const following = Object.keys(commands).flatMap((name) =>
    name.startsWith(`${noun} `) ? [name.slice(noun.length + 1).split(' ')[0]!] : [],
  )
  return [...new Set(following)]
}
