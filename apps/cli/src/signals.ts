import { Interruption } from './interruption.ts'
import type { Messages } from './output/messages.ts'
import type { Progress } from './progress/progress.ts'
import { exits } from './exits.ts'
import type { World } from './world.ts'

interface Listening extends Disposable {
  readonly signal: AbortSignal
}

/**
 * Turns Ctrl-C and SIGTERM into one abort, so that work in flight can clean up: snapshots above all.
 * The second Ctrl-C says what leaving now would leave behind, the third leaves. SIGUSR1 asks for a status line.
 */
export function listenForSignals(world: World, say: Messages, progress: Progress): Listening {
  const controller = new AbortController()
  let received = 0

  const end = (exit: 'interrupted' | 'terminated') => () => {
    received++
    if (received === 1) {
      say.warn(`${exit}: stopping and cleaning up; this takes a moment`)
      controller.abort(new Interruption(exit))
    } else if (received === 2) say.warn(whatStays)
    else {
      progress.close() // the terminal gets its cursor back
      world.leave(exits[exit].code)
    }
  }
  const listeners: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGINT: end('interrupted'),
    SIGTERM: end('terminated'),
    SIGHUP: end('terminated'),
    SIGUSR1: () => progress.status(),
  }
  const names = Object.keys(listeners) as NodeJS.Signals[]
  for (const name of names) world.signals.on(name, listeners[name]!)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of names) world.signals.off(name, listeners[name]!)
    },
  }
}

const whatStays =
  'still cleaning up. Leaving now (once more Ctrl-C) can leave a snapshot named "vmkeep.…" or a half-restored VM behind; ' +
  'the next vmkeep backup or restore on this machine removes it, and so does "vmkeep doctor --fix". ' +
  'In the repository nothing half-written counts'
