import { allVariables } from '../config/environment.ts'
import { exits } from '../exits.ts'
import { rows } from './command-help.ts'

export interface Topic {
  readonly summary: string
  text(): string
}

/** Help that belongs to no single command. */
export const topics: Readonly<Record<string, Topic>> = {
  'exit-codes': {
    summary: 'every exit code and what it means',
    text: () =>
      [
        'Exit codes are stable. Read an unknown one as failure.',
        rows(Object.values(exits).map(({ code, meaning }) => [String(code), meaning])),
        'Under -o json a failed command ends with one JSON object on stderr: code, message, remedy, details.',
      ].join('\n\n'),
  },
  environment: {
    summary: 'every environment variable',
    text: () =>
      [
        'A flag wins over an environment variable, a variable over the config file, the file over the default.\n"vmkeep config view --effective" shows what counts and where it comes from.',
        rows(allVariables().map(({ name, help }) => [name, help])),
      ].join('\n\n'),
  },
}
