import { allVariables } from '../config/environment.ts'
import { exits } from '../exits.ts'
import { fields } from '@vmkeep/selection'
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
  selectors: {
    summary: 'how to choose VMs by what they are',
    text: () =>
      [
        'tag=env:prod and power=on and not (name~^tmp or folder=/DC/vm/Lab)\n\n"not" binds closest, then "and", then "or". Values with blanks stand in quotes.',
        rows([
          ['= !=', 'equal, without regard to case; * and ? are patterns; a folder means all below it'],
          ['~ !~', 'a regular expression'],
          ['< <= > >=', 'numbers and sizes, such as memory>=8GiB'],
        ]),
        rows([
          ...Object.entries(fields).map(([name, { help }]) => [name, help] as const),
          ['attr.NAME', 'a custom attribute'],
        ]),
        'A VM leaves itself out by a tag or a custom attribute "vmkeep:exclude=REASON", a disk by "vmkeep:exclude-disk=scsi0:1".\n"vmkeep vm explain" says of each VM which policy protects it, and why.',
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
