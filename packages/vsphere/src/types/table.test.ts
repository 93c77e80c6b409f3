import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Declaration, parseFieldType } from './notation.ts'
import { isPbm } from './pbm.ts'
import { arrayItem, enumerationValues, managedObjectSchema, methodSchema, objectSchema } from './schema.ts'
import { dataObjectTable, managedObjectTable, methodTable } from './table.ts'
import { undocumentedMethods, undocumentedTypes } from './undocumented.ts'

interface ReferenceField {
  readonly n: string
  readonly t: string
  readonly o?: boolean
  readonly a?: boolean
  readonly x?: boolean
}
type Reference = Readonly<Record<string, { readonly b?: string; readonly f?: ReferenceField[]; readonly e?: boolean }>>

const file = resolve(import.meta.dirname, '../../../../../shared/reference/vim25-types.json.gz')
const reference = existsSync(file) ? (JSON.parse(gunzipSync(readFileSync(file)).toString()) as Reference) : undefined

const isEnum = (type: string) => enumerationValues(type) !== undefined
const own = (declaration: Declaration) => Object.entries(declaration).filter(([name]) => !name.startsWith('$'))

/** A field as one line, the reference's way. Its `anyType` that is not polymorphic is its way to write a string of bytes. */
function ours([name, text]: [string, string]): string {
  const { kind, type, isArray, isOptional, isPolymorphic } = parseFieldType(text, isEnum)
  const isBytes = type === 'base64Binary' || (type === 'byte' && isArray)
  return line({
    n: name,
    t: isBytes ? 'anyType' : type,
    o: isOptional,
    a: isArray && type !== 'byte',
    x: (kind === 'object' || kind === 'anyType') && isPolymorphic,
  })
}
const line = ({ n, t, o, a, x }: ReferenceField) => `${n}: ${x ? 'any ' : ''}${t}${a ? '[]' : ''}${o ? '?' : ''}`

/** Where the table says something else on purpose: ours → the reference's. */
const corrections: Readonly<Record<string, string>> = {
  'PropertyChange.val: any anyType?': 'val: any anyType', // the reason stands in the table
  'DynamicProperty.val: any anyType?': 'val: any anyType', // likewise
  'HostConfigInfo.pciPassthruInfo: HostPciPassthruInfo[]?': 'pciPassthruInfo: any HostPciPassthruInfo[]?', // opaque here
  'HostConfigInfo.sriovDevicePool: HostSriovDevicePoolInfo[]?': 'sriovDevicePool: any HostSriovDevicePoolInfo[]?', // opaque here
}

describe.skipIf(reference === undefined)(
  'the table, against the reference (skipped where shared/ is not at hand)',
  () => {
    const types = reference!

    it('has the fields of the reference in every type, in its order, and the same bases', () => {
      const wrong = Object.entries<Declaration>(dataObjectTable).flatMap(([name, declaration]) => {
        if (Object.hasOwn(undocumentedTypes, name) || isPbm(name)) return []
        const fields = own(declaration).map((field) => corrections[`${name}.${ours(field)}`] ?? ours(field))
        const declared = { name, base: declaration['$extends'] ?? 'DynamicData', fields }
        const expected = { name, base: types[name]?.b ?? 'DynamicData', fields: (types[name]?.f ?? []).map(line) }
        return types[name] !== undefined && isDeepStrictEqual(declared, expected) ? [] : [{ declared, expected }]
      })
      expect(wrong).toEqual([])
    })

    it('has the parameters and the answer of the reference in every method', () => {
      const wrong = Object.entries<Declaration>(methodTable).flatMap(([name, declaration]) => {
        if (Object.hasOwn(undocumentedMethods, name) || isPbm(name)) return []
        const returns = declaration['$returns']
        const response = types[`${name[0]!.toUpperCase()}${name.slice(1)}Response`]?.f ?? []
        const declared = [
          ...own(declaration),
          ...(returns === undefined ? [] : [['returnval', returns] as [string, string]]),
        ]
        const expected = [...(types[name]?.f ?? []), ...response]
        const [self, ...rest] = expected.map(line)
        return self === '_this: ManagedObjectReference' && isDeepStrictEqual(declared.map(ours), rest)
          ? []
          : [{ name, declared: declared.map(ours), expected: rest }]
      })
      expect(wrong).toEqual([])
    })

    it('knows every enumeration as one', () => {
      const names = Object.keys(dataObjectTable).flatMap((name) => objectSchema(name)!.fields)
      for (const field of names) expect(types[field.type]?.e === true, field.type).toBe(field.kind === 'enum')
    })

    it('names array items as the reference does', () => {
      const wrong = Object.entries(types).flatMap(([name, { f }]) => {
        const item = name.startsWith('ArrayOf') ? arrayItem(name) : undefined
        return item === undefined || item.name === f?.[0]?.n ? [] : [name]
      })
      expect(wrong).toEqual([])
    })
  },
)

describe('the table', () => {
  const everyField = [
    ...Object.keys(dataObjectTable).flatMap((name) => objectSchema(name)!.fields),
    ...Object.keys(managedObjectTable).flatMap((name) => managedObjectSchema(name)!.fields),
    ...Object.keys(methodTable).flatMap((name) => {
      const { parameters, result } = methodSchema(name)!
      return result === undefined ? parameters : [...parameters, result]
    }),
  ]

  it('speaks only of types it declares', () => {
    const undeclared = everyField.filter(({ kind, type }) => kind === 'object' && objectSchema(type) === undefined)
    expect(undeclared.map(({ name, type }) => `${name}: ${type}`)).toEqual([])
  })

  it('puts every method on a managed object it declares', () => {
    const homeless = Object.keys(methodTable).filter(
      (name) => managedObjectSchema(methodSchema(name)!.on) === undefined,
    )
    expect(homeless).toEqual([])
  })
})
