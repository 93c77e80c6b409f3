import { configJsonSchema } from '../config/schema.ts'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

const example = `\`\`\`yaml
# yaml-language-server: $schema=./config.schema.json
vcenters:
  - name: main
    host: vcenter.example.org
    username: backup@vsphere.local
    passwordFile: /etc/vmkeep/vcenter-password
repository:
  path: /backup/vmkeep
  keyFile: /etc/vmkeep/repository-passphrase
backup:
  quiesce: prefer
  exclude: ["*-test"]
\`\`\``

/** `docs/reference/config.md`: every key of the config file, made from the schema. */
export function configPage(): string {
  const parts = [
    '# Config file\n\nGenerated from `apps/cli/src/config/schema.ts`; do not edit. For editors: [config.schema.json](config.schema.json).',
    'One YAML file: the one named by `--config` or `VMKEEP_CONFIG`, else `~/.config/vmkeep/config.yaml`, else `/etc/vmkeep/config.yaml`. A flag wins over an environment variable ([list](cli.md#environment)), a variable over the file, the file over the default. `vmkeep config validate` checks it; `vmkeep config view --effective` shows each value and where it comes from.',
    '`${env:NAME}` and `${file:/path}` in any text are replaced. A secret given in clear, and every file that holds a secret, must be readable by its owner only (`chmod 600`).',
    example,
    '| Key | Value | Default | |\n|---|---|---|---|',
  ]
  return `${parts.join('\n\n')}\n${rowsOf('', configJsonSchema() as Schema).join('\n')}\n`
}

function rowsOf(prefix: string, schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const name = prefix + key
    if (prefix !== '' && key === 'retention') return [`| \`${name}\` | as \`retention\` | | Its own rules. |`]
    if (value.properties !== undefined) return rowsOf(`${name}.`, value)
    if (value.items?.properties !== undefined) return rowsOf(`${name}[].`, value.items)
    const standard = value.default === undefined ? '' : `\`${JSON.stringify(value.default)}\``
    return [
      `| \`${name}\` | ${kindOf(value)} | ${standard} | ${(value.description ?? '').replaceAll('|', String.raw`\|`)} |`,
    ]
  })
}

function kindOf({ type, enum: choices, minimum, maximum }: Schema): string {
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ')
  if (type === 'array') return 'list of texts'
  if (type === 'integer') return `${minimum} to ${maximum}`
  if (type === 'boolean') return '`true` or `false`'
  return 'text'
}
