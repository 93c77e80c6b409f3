import type { RunEvent } from '@vmkeep/run'
import type { RunState } from './run-state.ts'

/** Shows a run on stderr. `state` has taken the event in already. */
export interface Renderer {
  /** Whether it wants notes as events; others get them as messages. */
  readonly takesNotes: boolean
  event(event: RunEvent, state: RunState): void
  /** Called about ten times a second while something runs. */
  tick(state: RunState): void
  /** One line about the whole, at once: for SIGUSR1. */
  status(state: RunState): void
  close(): void
}
