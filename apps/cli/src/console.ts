import type { Secret } from '@vmkeep/kit'
import type { GlobalOptions } from './global-options.ts'
import { Display } from './output/display.ts'
import { Messages } from './output/messages.ts'
import { Output } from './output/output.ts'
import { Redactor } from './output/redactor.ts'
import { type Style, styleOf, wantsColour } from './output/style.ts'
import { BarRenderer } from './progress/bar-renderer.ts'
import { JsonlRenderer } from './progress/jsonl-renderer.ts'
import { PlainRenderer } from './progress/plain-renderer.ts'
import { Progress, progressStyle } from './progress/progress.ts'
import type { Renderer } from './progress/renderer.ts'
import { SilentRenderer } from './progress/silent-renderer.ts'
import type { World } from './world.ts'

/** Everything a command writes to: the answer on stdout, messages and progress on stderr, secrets taken out of all of it. */
export interface Console {
  readonly out: Output
  readonly say: Messages
  readonly progress: Progress
  readonly errorStyle: Style
  /** Never print this again. */
  readonly learn: (secret: Secret) => void
  /** One block of text on stderr, whatever `-q` says. */
  raw(text: string): void
  /** Lets progress move on by itself until disposed; then the live lines are gone and the cursor is back. */
  tick(): Disposable
}

const tickMs = 100

export function openConsole(world: World, global: GlobalOptions): Console {
  const redactor = new Redactor()
  const { stdout, stderr, env, clock } = world
  const errorStyle = styleOf(wantsColour(stderr, env, global.color))
  const display = new Display(stderr, redactor.clean)
  const level = global.quiet ? 'quiet' : global.verbose ? 'verbose' : 'normal'
  const say = new Messages(display, {
    level,
    json: global.progress === 'jsonl',
    style: errorStyle,
    clock,
  })
  const progress = new Progress(rendererFor(world, global, display, errorStyle), say, clock)
  return {
    out: new Output(stdout, global.output, styleOf(wantsColour(stdout, env, global.color)), {
      clean: redactor.clean,
      cleanValue: redactor.cleanValue,
      beforeAnswer: () => progress.close(),
    }),
    say,
    progress,
    errorStyle,
    learn: (secret) => redactor.learn(secret),
    raw: (text) => display.line(text),
    tick: () => {
      const timer = setInterval(() => progress.tick(), tickMs)
      timer.unref()
      return {
        [Symbol.dispose]: () => {
          clearInterval(timer)
          progress.close()
        },
      }
    },
  }
}

function rendererFor({ stderr, env, clock }: World, global: GlobalOptions, display: Display, style: Style): Renderer {
  const about = {
    isTTY: stderr.isTTY === true && env['TERM'] !== 'dumb',
    quiet: global.quiet,
    isCi: (env['CI'] ?? '') !== '',
  }
  switch (progressStyle(global.progress, about)) {
    case 'bar':
      return new BarRenderer(display, style, clock)
    case 'plain':
      return new PlainRenderer(display, clock, global.progressInterval)
    case 'jsonl':
      return new JsonlRenderer(display, clock)
    case 'none':
      return new SilentRenderer(display, clock)
  }
}
