// The exit codes: stable, documented by `vmkeep help exit-codes`, held by exits.test.ts. Never renumber; unknown codes mean failure.

export const exits = {
  ok: { code: 0, meaning: 'all done' },
  failed: { code: 1, meaning: 'failed' },
  usage: { code: 2, meaning: 'wrong use: unknown command or flag, bad value, bad config, ambiguous name' },
  partial: { code: 3, meaning: 'partly done: some VMs or disks failed or were skipped, with cause' },
  notSignedIn: { code: 4, meaning: 'not signed in, wrong password, certificate not trusted, or no permission' },
  notFound: { code: 5, meaning: 'not found' },
  conflict: { code: 6, meaning: 'conflict: already running, already there, or locked' },
  precondition: { code: 7, meaning: 'a precondition failed: doctor found a fault, no space, key missing' },
  damaged: { code: 8, meaning: 'verification found damage' },
  slaNotMet: { code: 9, meaning: 'service level not met' },
  noRepository: { code: 10, meaning: 'no repository there' },
  repositoryLocked: { code: 11, meaning: 'the repository is locked' },
  wrongKey: { code: 12, meaning: 'wrong repository key' },
  timedOut: { code: 124, meaning: 'timed out' },
  interrupted: { code: 130, meaning: 'interrupted (Ctrl-C)' },
  terminated: { code: 143, meaning: 'terminated (SIGTERM)' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>

export type ExitName = keyof typeof exits
