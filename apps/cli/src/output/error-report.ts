import { AppError, causes, codeOf, matchesGlob, messageOf, type Remedy } from '@vmkeep/kit'
import { Interruption } from '../interruption.ts'
import { toMachine } from './machine.ts'
import { harmless, type Style } from './style.ts'

// How a command's failure is told. An error of ours: what, why, what to do, code. Anything else is a fault of vmkeep.

/** What to do about a kind of failure, where its message, which ends with the next step, does not say it all. */
const adviceByRemedy: Readonly<Partial<Record<Remedy, string>>> = {
  retry: 'run the same command again; what is already stored is not stored twice',
  'call-operator': 'mend what the message names, then run the same command again',
  quarantine:
    'stored data is damaged: run "vmkeep verify" to learn what is hit, and keep the repository as it is until then',
  'report-bug': 'please report this with the output of the same command and -v',
}

const certificateAdvice = 'before you trust it, compare its SHA-256 with the one the host shows on its own console'

/** What to do, beyond what the message says. */
export function adviceOn({ code, remedy }: AppError): string | undefined {
  if (matchesGlob('vsphere.certificate-*', code)) return certificateAdvice
  // Nothing is stored yet when vSphere ends a whole command, and many commands store nothing.
  return remedy === 'retry' && code.startsWith('vsphere.') ? 'run the same command again' : adviceByRemedy[remedy]
}

export interface ReportOptions {
  readonly verbose: boolean
  readonly style: Style
}

export function describeError(error: unknown, { verbose, style }: ReportOptions): string {
  const ours = error instanceof AppError
  const advice = ours ? adviceOn(error) : unexpectedAdvice(verbose)
  const stack = verbose && error instanceof Error ? [style.faint(harmless(error.stack ?? ''))] : []
  return [
    `${style.bad('error:')} ${harmless(messageOf(error))}`,
    ...reasons(error).map((reason) => `  because: ${harmless(reason)}`),
    ...(advice === undefined ? [] : [`  ${ours ? 'to do' : 'this is unexpected'}: ${advice}`]),
    ...(ours ? [style.faint(`  code: ${error.code}`)] : []),
    ...stack,
  ].join('\n')
}

/** The one JSON object on stderr that ends a failed command under `-o json`. */
export function errorAsJson(error: unknown, verbose: boolean): string {
  const stack = verbose && error instanceof Error ? { stack: error.stack } : {}
  const because = reasons(error)
  const details = error instanceof AppError ? error.details : {}
  const { code, remedy } = error instanceof AppError ? error : error instanceof Interruption ? interrupted : unexpected
  return JSON.stringify(
    toMachine({
      code,
      message: messageOf(error),
      remedy,
      details: { ...details, ...(because.length > 0 ? { because } : {}), ...stack },
    }),
  )
}

const unexpected = { code: 'cli.unexpected', remedy: 'report-bug' }
const interrupted = { code: 'cli.interrupted', remedy: 'retry' }

const unexpectedAdvice = (verbose: boolean) =>
  verbose
    ? 'please report it with everything printed here; secrets are already taken out'
    : 'run the same command with -v for the details, and report it with them; secrets are taken out'

/** What the causes add that was not said yet. */
function reasons(error: unknown): string[] {
  const said: string[] = []
  const codes = new Set<string>()
  for (const link of causes(error)) {
    const message = messageOf(link)
    const code = codeOf(link)
    if (
      message !== '' &&
      !said.some((earlier) => earlier.includes(message)) &&
      !(code !== undefined && codes.has(code))
    )
      said.push(message)
    if (code !== undefined) codes.add(code) // the same once more, in other words
  }
  return said.slice(1)
}
