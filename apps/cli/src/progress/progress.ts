import type { Clock } from '@vmkeep/kit'
import type { OnRunEvent, RunEvent } from '@vmkeep/run'
import type { Messages } from '../output/messages.ts'
import type { Renderer } from './renderer.ts'
import { RunState } from './run-state.ts'

export type ProgressStyle = 'bar' | 'plain' | 'none' | 'jsonl'

/** What a command feeds with run events. It keeps the run's state, draws it, and passes notes on as messages. */
export class Progress {
  readonly #renderer: Renderer
  readonly #say: Messages
  readonly #clock: Clock
  #state: RunState | undefined

  constructor(renderer: Renderer, say: Messages, clock: Clock) {
    this.#renderer = renderer
    this.#say = say
    this.#clock = clock
  }

  readonly onEvent: OnRunEvent = (event) => {
    const state = (this.#state ??= new RunState(this.#clock.monotonicMs()))
    state.apply(event, this.#clock.monotonicMs())
    if (event.type === 'note' && !this.#renderer.takesNotes) this.#note(event)
    else this.#renderer.event(event, state)
  }

  tick(): void {
    if (this.#state !== undefined) this.#renderer.tick(this.#state)
  }

  /** One line about how far it is, at once. */
  status(): void {
    if (this.#state === undefined) this.#say.info('nothing to report yet')
    else this.#renderer.status(this.#state)
  }

  /** Nothing is drawn afterwards. Safe to repeat. */
  close(): void {
    this.#renderer.close()
    this.#state = undefined
  }

  #note({ level, vm, disk, message }: RunEvent & { type: 'note' }): void {
    const about = [vm, disk].filter((part) => part !== undefined).join(' ')
    // The message may name its VM itself, as our errors do.
    const text = about === '' || message.startsWith(vm ?? about) ? message : `${about}: ${message}`
    this.#say[level](text)
  }
}

/** `bar` needs a terminal; asked for elsewhere, it becomes `plain`. */
export function progressStyle(
  asked: ProgressStyle | undefined,
  about: { isTTY: boolean; quiet: boolean; isCi: boolean },
): ProgressStyle {
  if (about.quiet) return 'none'
  if (asked === undefined) return about.isTTY && !about.isCi ? 'bar' : 'plain'
  return asked === 'bar' && !about.isTTY ? 'plain' : asked
}
