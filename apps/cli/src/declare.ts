import { Argument as ParserArgument, type Command as Parser, Option as ParserOption } from 'commander'
import type { Argument, Arguments, Option, Options } from './parameters.ts'

/** `samplePercent` → `sample-percent` */
export function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** How an option is written: `-o, --output <table|json|yaml>`. */
export function flagsOf(key: string, { short, takes, kind, negated }: Option<unknown>): string {
  const long = `--${negated === true ? 'no-' : ''}${kebab(key)}`
  return `${short === undefined ? '' : `-${short}, `}${long}${takes === 'nothing' ? '' : ` <${kind.placeholder}>`}`
}

/** How an argument is written: `<VM...>`, `[POINT]`. */
export function argumentText({ kind, count }: Argument<unknown>): string {
  const name = kind.placeholder + (count === 'any' ? '...' : '')
  return count === 'optional' || count === 'any' ? `[${name}]` : `<${name}>`
}

export function declareOptions(parser: Parser, options: Options): void {
  for (const [key, option] of Object.entries(options)) {
    const declared = new ParserOption(flagsOf(key, option))
    if (option.takes === 'one') declared.argParser((text) => option.kind.parse(text))
    if (option.takes === 'many')
      declared.argParser((text, before: readonly unknown[] | undefined) => [...(before ?? []), option.kind.parse(text)])
    parser.addOption(declared)
  }
}

export function declareArguments(parser: Parser, declared: Arguments): void {
  for (const argument of Object.values(declared)) {
    const { kind, count } = argument
    const isMany = count === 'any'
    const read = new ParserArgument(argumentText(argument))
    read.argParser((text, before: unknown) =>
      isMany ? [...((before as unknown[] | undefined) ?? []), kind.parse(text)] : kind.parse(text),
    )
    parser.addArgument(read)
  }
}
