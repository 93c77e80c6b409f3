import { choice, duration, file, flag, folder, instant, type Kind, option, type Values } from './parameters.ts'

export const vcenterName: Kind<string> = { placeholder: 'NAME', complete: 'vcenter', parse: (value) => value }

/** The flags every command takes, before or after its name. */
export const globalOptions = {
  output: option(choice(['table', 'json', 'yaml']), {
    short: 'o',
    environment: 'VMKEEP_OUTPUT',
    fallback: 'table',
    help: 'how the answer is written to stdout',
  }),
  quiet: flag({ short: 'q', environment: 'VMKEEP_QUIET', help: 'print only the answer and errors' }),
  verbose: flag({
    short: 'v',
    environment: 'VMKEEP_VERBOSE',
    help: 'print what is being done, and stacks of unexpected errors',
  }),
  config: option(file, { environment: 'VMKEEP_CONFIG', help: 'the config file' }),
  repo: option(folder, {
    environment: 'VMKEEP_REPO',
    help: 'the repository, a folder, s3://bucket/prefix or a name of the config; overrides repository.path of the config',
  }),
  asOf: option(instant, {
    help: 'open a repository in a bucket with versions as it was then, such as 2026-11-20T10:00Z; nothing can be written',
  }),
  vcenter: option(vcenterName, {
    environment: 'VMKEEP_VCENTER',
    help: 'which vCenter or ESXi host of the config to use, if there are several; plan and backup use all of them without it',
  }),
  color: flag({ negated: true, help: 'no colour, as with NO_COLOR set' }),
  progress: option(choice(['bar', 'plain', 'none', 'jsonl']), {
    environment: 'VMKEEP_PROGRESS',
    help: 'how progress is written to stderr (default: bar on a terminal, plain elsewhere)',
  }),
  progressInterval: option(duration, {
    environment: 'VMKEEP_PROGRESS_INTERVAL',
    fallback: 60_000,
    help: 'the least time between two plain progress lines of a disk (default: 60s)',
  }),
}

export type GlobalOptions = Values<typeof globalOptions>
