import type { ScriptRun } from '@vmkeep/run'

/** How one script ended. */
export interface ScriptResult {
  /** Why it failed, if it did: it was not run, it ended badly, or it took too long. */
  readonly failure?: string
  /** The error behind that, where one is. */
  readonly cause?: unknown
  /** What it wrote, as far as it is known. */
  readonly output: string
}

/** What a script is told: which of the two it is, and for `post` what became of the snapshot. */
export type ScriptMoment =
  | { readonly phase: 'pre'; readonly signal: AbortSignal }
  | { readonly phase: 'post'; readonly snapshot: 'ok' | 'failed' }

/** The policy's two scripts in one place: on this machine, or in the guest. */
export interface ScriptPair {
  readonly where: ScriptRun['where']
  readonly pre: string | undefined
  readonly post: string | undefined
  readonly ifPreFails: 'fail' | 'continue'
  /** Runs one of them to its end. Does not throw, except the reason of the signal. */
  run(script: string, moment: ScriptMoment): Promise<ScriptResult>
  /** Why `post` is not to be tried after `pre` failed in this way. */
  whyNoPost?(cause: unknown): string | undefined
  /** Why neither is run for this VM. */
  readonly whyNot?: string | undefined
}
