import { globalOptions } from '../global-options.ts'

// Every environment variable vmkeep reads, for the parser, `vmkeep help environment` and the reference.

export interface Variable {
  readonly name: string
  readonly help: string
}

/** Variables that fill in the config, and the key they fill in. */
export const configVariables = [
  { name: 'VMKEEP_REPO_KEY', path: ['repository', 'key'], help: 'the passphrase or recovery code of the repository' },
  {
    name: 'VMKEEP_REPO_KEY_FILE',
    path: ['repository', 'keyFile'],
    help: 'a file that holds it, readable by its owner only',
  },
  { name: 'VMKEEP_REPO_KEY_COMMAND', path: ['repository', 'keyCommand'], help: 'a shell command that prints it' },
  {
    name: 'VMKEEP_S3_ENDPOINT',
    path: ['repository', 's3', 'endpoint'],
    help: 'https://host:port of an S3 server other than AWS',
  },
  { name: 'VMKEEP_S3_REGION', path: ['repository', 's3', 'region'], help: 'the region of the bucket' },
  { name: 'VMKEEP_STATE_DIR', path: ['stateFolder'], help: 'where vmkeep notes what it has under way' },
] as const satisfies readonly (Variable & { path: readonly string[] })[]

/** Variables that describe one vCenter: the chosen one of the config, or one of their own. */
export const vcenterVariables = [
  { name: 'VMKEEP_VCENTER_HOST', key: 'host', help: 'DNS name or IP address of the vCenter or ESXi host' },
  { name: 'VMKEEP_VCENTER_PORT', key: 'port', help: 'its port, 443 if not set' },
  { name: 'VMKEEP_VCENTER_USERNAME', key: 'username', help: 'who signs in there' },
  { name: 'VMKEEP_VCENTER_PASSWORD', key: 'password', help: 'the password' },
  {
    name: 'VMKEEP_VCENTER_PASSWORD_FILE',
    key: 'passwordFile',
    help: 'a file that holds it, readable by its owner only',
  },
  { name: 'VMKEEP_VCENTER_PASSWORD_COMMAND', key: 'passwordCommand', help: 'a shell command that prints it' },
  { name: 'VMKEEP_VCENTER_THUMBPRINT', key: 'thumbprint', help: 'SHA-256 (or SHA-1) of its certificate' },
  { name: 'VMKEEP_VCENTER_CA_FILE', key: 'caFile', help: 'PEM file of the certificate authority to trust' },
] as const satisfies readonly (Variable & { key: string })[]

const others: readonly Variable[] = [
  {
    name: 'VMKEEP_NEW_REPO_KEY',
    help: 'the new passphrase, for "vmkeep key add" and "vmkeep key change"',
  },
  { name: 'VMKEEP_NEW_REPO_KEY_FILE', help: 'a file that holds it, readable by its owner only' },
  { name: 'NO_COLOR', help: 'no colour, whatever its value (no-color.org)' },
  { name: 'CLICOLOR_FORCE', help: 'colour even where the output is not a terminal' },
  { name: 'CI', help: 'plain progress lines instead of a bar' },
  { name: 'XDG_CACHE_HOME', help: 'where what can be made again is kept instead of ~/.cache' },
  { name: 'AWS_*', help: 'credentials, profile and region for a repository in S3, as for every AWS tool' },
  { name: 'XDG_CONFIG_HOME', help: 'where the user config is looked for instead of ~/.config' },
  { name: 'XDG_STATE_HOME', help: 'where the state folder is instead of ~/.local/state' },
]

export function allVariables(): Variable[] {
  const ofFlags = Object.values(globalOptions).flatMap(({ environment, help }) =>
    environment === undefined ? [] : [{ name: environment, help }],
  )
  return [...ofFlags, ...configVariables, ...vcenterVariables, ...others]
}
