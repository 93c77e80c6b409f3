/** Who can mend a failure, and so what the runner, the API and the CLI do about it. */
export type Remedy = 'retry' | 'change-request' | 'call-operator' | 'quarantine' | 'report-bug'

/** Everything that can go wrong outside our own code. Match on `code`: classes do not survive threads. */
export class AppError<Code extends string = string> extends Error {
  readonly code: Code
  readonly remedy: Remedy
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: Code,
    remedy: Remedy,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.name = 'AppError'
    this.code = code
    this.remedy = remedy
    this.details = options.details ?? {}
  }
}

type Definition = readonly [remedy: Remedy, describe: (details: never) => string]
export type ErrorTable = Readonly<Record<string, Definition>>
type Details<D extends Definition> = D[1] extends (details: infer T) => string
  ? unknown extends T
    ? Record<never, never>
    : T
  : never

export interface Fail<Table extends ErrorTable> {
  <Code extends keyof Table & string>(code: Code, details: Details<Table[Code]>, cause?: unknown): AppError<Code>
  /** The table itself, for documentation and its test. */
  readonly table: Table
}

/**
 * Declares a package's errors in one table, code → remedy and message, and returns the function that makes them.
 * The message names the thing, the fact and the next step.
 */
export function defineErrors<const Table extends ErrorTable>(table: Table): Fail<Table> {
  const fail = (code: keyof Table & string, details: Readonly<Record<string, unknown>>, cause?: unknown) => {
    const [remedy, describe] = table[code]!
    return new AppError(code, remedy, describe(details as never), {
      details,
      ...(cause === undefined ? {} : { cause }),
    })
  }
  return Object.assign(fail, { table }) as unknown as Fail<Table>
}

/** The stable code of an error of ours, or `undefined` for anything else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof AppError ? error.code : undefined
}

/** Whether `error`, or any error that caused it, carries one of `codes`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  for (const link of causes(error)) if (link instanceof AppError && codes.includes(link.code)) return true
  return false
}

/** The error and everything that caused it, outermost first. */
export function* causes(error: unknown): Iterable<unknown> {
  const seen = new Set<unknown>() // a cause may loop back; a malicious peer must not hang us
  for (let link = error; link !== undefined && link !== null && !seen.has(link);) {
    seen.add(link)
    yield link
    link = link instanceof Error ? link.cause : undefined
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether `error` is the caller's own abort, which passes through untouched. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
  )
}
