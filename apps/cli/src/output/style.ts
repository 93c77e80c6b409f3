import picocolors from 'picocolors'
import type { Screen, World } from '../world.ts'

/** Colours by meaning. Without colour every one of them is the plain text. */
export interface Style {
  readonly good: (text: string) => string
  readonly warning: (text: string) => string
  readonly bad: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

export function styleOf(colour: boolean): Style {
  const colours = picocolors.createColors(colour)
  return {
    good: colours.green,
    warning: colours.yellow,
    bad: colours.red,
    strong: colours.bold,
    faint: colours.dim,
  }
}

/**
 * Whether to colour what goes to `screen`.
 * Source: no-color.org (any non-empty NO_COLOR), bixense.com/clicolors (CLICOLOR_FORCE). Evidence: documented.
 */
export function wantsColour(screen: Screen, env: World['env'], colourFlag: boolean): boolean {
  const isSet = (name: string) => (env[name] ?? '') !== ''
  if (!colourFlag || isSet('NO_COLOR')) return false
  if (isSet('CLICOLOR_FORCE') && env['CLICOLOR_FORCE'] !== '0') return true
  return screen.isTTY === true && env['TERM'] !== 'dumb'
}

// eslint-disable-next-line no-control-regex -- control characters are the point
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Names come from other systems: a control character in one must not move the cursor of whoever reads it. */
export function harmless(text: string): string {
  return text.replace(controls, '\uFFFD')
}

/** The same on a single line. */
export function oneLine(text: string): string {
  return harmless(text.replaceAll(/\s*\n\s*/g, ' ')).replaceAll('\t', ' ')
}
