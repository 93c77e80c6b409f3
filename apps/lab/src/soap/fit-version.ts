import { objectSchema, type SchemaField } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import { apiVersion } from '../inventory/product.ts'
import { compareVersions, knowsField } from './known-fields.ts'

/**
 * The API version a call is made in: what its SOAPAction says, the newest if it says nothing or a newer one.
 * Source: vim25.md §3.1. Evidence: observed.
 */
export function versionOf(soapAction: string | undefined): string {
  const [, asked] = /urn:vim25\/(\d+(?:\.\d+)*)/.exec(soapAction ?? '') ?? []
  return asked === undefined || compareVersions(asked, apiVersion) > 0 ? apiVersion : asked
}

/** A value without the fields a client of this version has never heard of: old ones die of them. */
export function fitToVersion(value: unknown, field: Pick<SchemaField, 'type'> | undefined, version: string): unknown {
  if (version === apiVersion) return value
  return walk(value, field?.type ?? '', (type, name) => knowsField(version, type, name))
}

/** Refuses what a client of this version cannot have meant. @throws VimFault `InvalidRequest` */
export function checkVersion(parameters: Readonly<Record<string, unknown>>, version: string): void {
  if (version === apiVersion) return
  walk(parameters, '', (type, name) => {
    if (knowsField(version, type, name)) return true
    throw new VimFault(
      'InvalidRequest',
      {},
      `Unexpected element tag "${name}" seen\n\nwhile parsing serialized DataObject of type ${type}`,
    )
  })
}

type Keep = (type: string, field: string) => boolean
type Fields = Readonly<Record<string, unknown>>

function walk(value: unknown, declared: string, keep: Keep): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, declared, keep))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const object = value as Fields
  const type = typeof object['$type'] === 'string' ? object['$type'] : declared
  if ('$value' in object) return { ...object, $value: walk(object['$value'], type.replace(/^ArrayOf/, ''), keep) }
  const schema = objectSchema(type)
  const kept = Object.entries(object).filter(([name, inner]) => inner === undefined || isKept(schema, name, keep))
  return Object.fromEntries(
    kept.map(([name, inner]) => [name, walk(inner, schema?.fieldOf.get(name)?.type ?? '', keep)]),
  )
}

/** A field belongs to the type that declares it: the last of the lineage that says so decides. */
function isKept(schema: ReturnType<typeof objectSchema>, name: string, keep: Keep): boolean {
  return [...(schema?.lineage ?? [])].every((type) => keep(type, name))
}
