import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataObjectTable, methodTable } from '../types/table.ts'
import { type DataObject, type MethodName, type Request, unknownElements } from '../types/data-object.ts'
import { enumerationValues, methodSchema, objectSchema, type SchemaField } from '../types/schema.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeAny, decodeValueXml } from './decode-value.ts'
import { encodeAny, typedValue } from './encode-value.ts'
import { decodeResponse, encodeRequest, encodeResponse, readAnswer, readBody } from './envelope.ts'
import { readXml } from './read-xml.ts'
import { namespaces } from './xml-element.ts'

// ── Values of any declared type, made from the table ──

const text = fc
  .string({ unit: 'binary' })
  .filter((s) => !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(s))
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  anyURI: fc.webUrl(),
  dateTime: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  boolean: fc.boolean(),
  byte: fc.integer({ min: -128, max: 127 }),
  short: fc.integer({ min: -32768, max: 32767 }),
  int,
  long: fc.oneof(fc.maxSafeInteger(), fc.bigInt(2n ** 53n, 2n ** 63n - 1n), fc.bigInt(-(2n ** 63n), -(2n ** 53n))),
  float: fc.double(),
  double: fc.double(),
  base64Binary: fc.uint8Array(),
}
const reference = fc.record({ type: fc.constant('VirtualMachine'), value: text })
const anyValue = fc.oneof(text, fc.boolean(), int, reference, fc.uint8Array())
const canBeSent = (name: string): boolean =>
  objectSchema(name)!.fields.every((field) => field.kind !== 'opaque' || field.isOptional)
const derived = Map.groupBy(
  Object.keys(dataObjectTable)
    .filter((name) => canBeSent(name))
    .flatMap((name) => [...objectSchema(name)!.lineage].map((base) => [base, name] as const)),
  ([base]) => base,
)

function item(field: Pick<SchemaField, 'kind' | 'type' | 'isPolymorphic'>, depth: number): fc.Arbitrary<unknown> {
  if (field.kind === 'scalar') return scalars[field.type]!
  if (field.kind === 'enum') return fc.constantFrom(...enumerationValues(field.type)!)
  if (field.kind === 'ref') return reference
  if (field.kind === 'anyType') return anyValue
  if (!field.isPolymorphic) return object(field.type, depth - 1)
  const names = derived.get(field.type)!.map(([, name]) => name)
  return fc.constantFrom(...names).chain((name) => object(name, depth - 1).map((rest) => ({ $type: name, ...rest })))
}

function value(field: SchemaField, depth: number): fc.Arbitrary<unknown> {
  if (!field.isArray) return item(field, depth)
  const isSendable = field.kind !== 'object' || canBeSent(field.type)
  return isSendable ? fc.array(item(field, depth), { maxLength: 2 }) : fc.constant([])
}

function fields(of: readonly SchemaField[], depth: number): fc.Arbitrary<Record<string, unknown>> {
  const wanted = of.filter((field) => field.kind !== 'opaque' && (!field.isOptional || depth > 0))
  const later = (field: SchemaField) => fc.constant(null).chain(() => value(field, depth)) // or the types' cycles never end
  const model = Object.fromEntries(wanted.map((field) => [field.name, later(field)]))
  const requiredKeys = wanted.filter((field) => !field.isOptional || field.isArray).map(({ name }) => name)
  return fc.record(model, { requiredKeys, noNullPrototype: true })
}

const object = (name: string, depth: number) => fields(objectSchema(name)!.fields, depth)

const typeNames = Object.keys(dataObjectTable).filter(canBeSent)
const methodNames = Object.keys(methodTable) as MethodName[]
/** Absent and empty arrays look alike on the wire. */
const filled = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(filled)
    : typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
      ? Object.fromEntries(
          Object.entries(value).flatMap(([key, v]) => (Array.isArray(v) && v.length === 0 ? [] : [[key, filled(v)]])),
        )
      : value
const untyped = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(untyped)
    : typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
      ? Object.fromEntries(Object.entries(value).flatMap(([key, v]) => (key === '$type' ? [] : [[key, untyped(v)]])))
      : value

const inScope = `xmlns:xsd="${namespaces.xsd}" xmlns:xsi="${namespaces.xsi}"`
const asAny = (xml: string) => decodeAny(readXml(`<a ${inScope}>${xml}</a>`).children[0]!)

describe('the codec, over the whole table', () => {
  it('writes what it reads back, for any type', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...typeNames).chain((name) => object(name, 2).map((value) => ({ $type: name, ...value }))),
        (value) => {
          const xml = encodeAny('val', value)
          const decoded = asAny(xml)
          expect(untyped(filled(decoded))).toEqual(untyped(filled(value)))
          expect(encodeAny('val', decoded)).toBe(xml)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is understood by a strict server, for any call', () => {
    const call = fc
      .constantFrom(...methodNames)
      .filter((name) => methodSchema(name)!.parameters.every((p) => p.kind !== 'opaque' || p.isOptional))
      .chain((method) => fields(methodSchema(method)!.parameters, 2).map((parameters) => ({ method, parameters })))
    fc.assert(
      fc.property(call, ({ method, parameters }) => {
        const _this = { type: methodSchema(method)!.on, value: 'it' }
        const decoded = decodeRequest(encodeRequest(method, { _this, ...parameters } as unknown as Request<MethodName>))
        expect(decoded.method).toBe(method)
        expect(decoded._this).toEqual(_this)
        expect(untyped(filled(decoded.parameters))).toEqual(untyped(filled(parameters)))
      }),
      { numRuns: 300 },
    )
  })

  it('answers what a client reads, for any method', () => {
    const answer = fc.constantFrom(...methodNames).chain((method) => {
      const { result } = methodSchema(method)!
      const value =
        result === undefined ? fc.constant(undefined) : result.isArray ? fc.array(item(result, 1)) : item(result, 1)
      return value.map((response) => ({ method, response }))
    })
    fc.assert(
      fc.property(answer, ({ method, response }) => {
        const read = readAnswer(encodeResponse(method, response as never))
        const decoded: unknown = 'response' in read ? decodeResponse(method, read.response) : 'a fault'
        expect(untyped(filled(decoded))).toEqual(untyped(filled(response)))
      }),
      { numRuns: 200 },
    )
  })
})

describe('a client reading', () => {
  const property = (val: string) => `<propSet xmlns="urn:vim25" ${inScope}><name>p</name>${val}</propSet>`
  const valueOf = (val: string) => decodeAny(readXml(property(val)).child('val')!)

  // Typed in from descriptions of vCenter's and vcsim's answers.
  it.each([
    ['a string', '<val xsi:type="xsd:string">DC0_H0_VM0</val>', 'DC0_H0_VM0'],
    ['a string, blanks kept', '<val xsi:type="xsd:string"> a\n&amp; b </val>', ' a\n& b '],
    [
      'a string, the prefix chosen by the server',
      '<val xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance" XMLSchema-instance:type="xsd:string">x</val>',
      'x',
    ],
    ['an int', '<val xsi:type="xsd:int">-7</val>', -7],
    ['a long beyond 2^53', '<val xsi:type="xsd:long">9007199254740993</val>', 9007199254740993n],
    ['a boolean', '<val xsi:type="xsd:boolean">1</val>', true],
    [
      'a date, verbatim',
      '<val xsi:type="xsd:dateTime">2026-11-22T16:14:05.123456Z</val>',
      '2026-11-22T16:14:05.123456Z',
    ],
    [
      'a reference, its type first',
      '<val type="HostDatastoreBrowser" xsi:type="ManagedObjectReference">browser-1</val>',
      { type: 'HostDatastoreBrowser', value: 'browser-1' },
    ],
    [
      'a reference, its type last',
      '<val xsi:type="ManagedObjectReference" type="HostDatastoreBrowser">browser-1</val>',
      { type: 'HostDatastoreBrowser', value: 'browser-1' },
    ],
    ['an enumeration', '<val xsi:type="VirtualMachinePowerState">poweredOn</val>', 'poweredOn'],
    ['an unknown enumeration', '<val xsi:type="FromTheFuture">sleeping</val>', 'sleeping'],
    [
      'an array of one',
      '<val xsi:type="ArrayOfManagedObjectReference"><ManagedObjectReference type="Datastore">datastore-1</ManagedObjectReference></val>',
      [{ type: 'Datastore', value: 'datastore-1' }],
    ],
    ['an empty array', '<val xsi:type="ArrayOfString"/>', []],
    ['bytes', '<val xsi:type="xsd:base64Binary">AAEC\n/w==</val>', new Uint8Array([0, 1, 2, 255])],
  ])('takes %s', (_name, xml, value) => expect(valueOf(xml)).toEqual(value))

  it('takes a device of vcsim as it is', () => {
    const disk = valueOf(`<val xsi:type="ArrayOfVirtualDevice"><VirtualDevice xsi:type="VirtualDisk"><key>204</key>
      <deviceInfo xsi:type="Description"><label>disk-202-0</label><summary>10,485,760 KB</summary></deviceInfo>
      <backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[LocalDS_0] DC0_H0_VM0/disk1.vmdk</fileName>
      <datastore type="Datastore">datastore-60</datastore><diskMode>persistent</diskMode><split>false</split>
      <thinProvisioned>true</thinProvisioned><uuid>0f7d94a1</uuid></backing><controllerKey>202</controllerKey>
      <unitNumber>0</unitNumber><capacityInKB>10485760</capacityInKB><capacityInBytes>10737418240</capacityInBytes>
      </VirtualDevice></val>`)
    expect(disk).toEqual([
      {
        $type: 'VirtualDisk',
        key: 204,
        deviceInfo: { $type: 'Description', label: 'disk-202-0', summary: '10,485,760 KB' },
        backing: {
          $type: 'VirtualDiskFlatVer2BackingInfo',
          fileName: '[LocalDS_0] DC0_H0_VM0/disk1.vmdk',
          datastore: { type: 'Datastore', value: 'datastore-60' },
          diskMode: 'persistent',
          split: false,
          thinProvisioned: true,
          uuid: '0f7d94a1',
        },
        controllerKey: 202,
        unitNumber: 0,
        capacityInKB: 10485760,
        capacityInBytes: 10737418240,
      },
    ])
  })

  it('keeps fields and types it does not know', () => {
    const device = valueOf(`<val xsi:type="ArrayOfVirtualDevice"><VirtualDevice xsi:type="VirtualQuantumPort">
      <key>77</key><spin>up</spin></VirtualDevice></val>`) as { readonly [unknownElements]: unknown }[]
    expect(device).toHaveLength(1)
    expect(device[0]).toMatchObject({ $type: 'VirtualQuantumPort', key: 77 })
    expect(device[0]![unknownElements]).toEqual([{ name: 'spin', xml: `<spin xmlns="urn:vim25" ${inScope}>up</spin>` }])
  })

  it('does not spoil a page for one missing field, but wants an answer whole', () => {
    expect(valueOf('<val xsi:type="DiskChangeInfo"><startOffset>0</startOffset></val>')).toEqual({
      $type: 'DiskChangeInfo',
      startOffset: 0,
    })
    const answer = readBody(
      encodeResponse('QueryChangedDiskAreas', { startOffset: 0, length: 5 }).replace(/<length>.*<\/length>/, ''),
    )
    expect(() => decodeResponse('QueryChangedDiskAreas', answer)).toThrow('DiskChangeInfo.length is missing')
  })

  it.each([
    ['<val xsi:type="xsd:int">1.5</val>', '"1.5" is not of type xsd:int'],
    ['<val xsi:type="xsd:int">2147483648</val>', 'not of type xsd:int'],
    ['<val xsi:type="xsd:int"/>', '"" is not of type xsd:int'],
    ['<val xsi:type="xsd:long">99999999999999999999</val>', 'not of type xsd:long'],
    [`<val xsi:type="xsd:long">${'9'.repeat(100_000)}</val>`, 'not of type xsd:long'],
    ['<val xsi:type="xsd:boolean">yes</val>', 'not of type xsd:boolean'],
    ['<val xsi:type="xsd:base64Binary">A</val>', 'not of type xsd:base64Binary'],
    ['<val xsi:type="ManagedObjectReference">vm-1</val>', 'not a managed object reference'],
    ['<val xsi:type="xsd:string"><b/></val>', 'holds elements where xsd:string belongs'],
    [
      '<val xsi:type="ArrayOfVirtualDevice"><VirtualDevice xsi:type="VirtualDisk"><key>x</key></VirtualDevice></val>',
      'VirtualDisk.key: "x" is not of type xsd:int',
    ],
  ])('refuses %s', (xml, message) => expect(() => valueOf(xml)).toThrow(message))

  it('gives back, from the kept XML of a value, the value with everything unknown in it', () => {
    const xml = readXml(
      property('<val xsi:type="VirtualMachineFileInfo"><vmPathName>[a] b</vmPathName><new>1</new></val>'),
    ).child('val')!.xml
    expect(xml).toBe(
      `<val xmlns="urn:vim25" ${inScope} xsi:type="VirtualMachineFileInfo"><vmPathName>[a] b</vmPathName><new>1</new></val>`,
    )
    const value = decodeValueXml(xml) as DataObject<'VirtualMachineFileInfo'> & { [unknownElements]: unknown[] }
    expect(value.vmPathName).toBe('[a] b')
    expect(value[unknownElements]).toHaveLength(1)
    expect(readXml(xml).xml).toBe(xml)
  })
})

describe('a client writing', () => {
  const _this = { type: 'SessionManager', value: 'SessionManager' }

  it('matches the envelope of the documentation, byte for byte', () => {
    expect(encodeRequest('Login', { _this, userName: 'u', password: 'p<&>"\'\r' })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
        '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>' +
        '<userName>u</userName><password>p&lt;&amp;&gt;"\'&#xD;</password></Login></soapenv:Body></soapenv:Envelope>',
    )
  })

  it('writes fields in the order of the schema, whatever their order here', () => {
    const xml = encodeAny('backing', {
      thinProvisioned: true,
      diskMode: 'persistent',
      fileName: '[ds]',
      $type: 'VirtualDiskFlatVer2BackingInfo',
    })
    expect(xml).toBe(
      '<backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds]</fileName><diskMode>persistent</diskMode>' +
        '<thinProvisioned>true</thinProvisioned></backing>',
    )
  })

  it.each([
    ['a string', 'x', '<v xsi:type="xsd:string">x</v>'],
    ['a small whole number', 5, '<v xsi:type="xsd:int">5</v>'],
    ['a large one', 2 ** 40, '<v xsi:type="xsd:long">1099511627776</v>'],
    ['a fraction', 0.5, '<v xsi:type="xsd:double">0.5</v>'],
    ['a reference', { type: 'Task', value: 't-1' }, '<v type="Task" xsi:type="ManagedObjectReference">t-1</v>'],
    ['a typed value', { $type: 'xsd:short', $value: 5 }, '<v xsi:type="xsd:short">5</v>'],
    [
      'an array as its field declares it',
      typedValue({ kind: 'scalar', type: 'string', isArray: true, isOptional: true, isPolymorphic: false }, ['a', 'b']),
      '<v xsi:type="ArrayOfString"><string>a</string><string>b</string></v>',
    ],
    ['an enumeration', { $type: 'TaskInfoState', $value: 'error' }, '<v xsi:type="TaskInfoState">error</v>'],
  ])('names the type of %s where the schema says anyType', (_name, value, xml) =>
    expect(encodeAny('v', value)).toBe(xml),
  )

  const vm = { type: 'VirtualMachine', value: 'vm-1' }
  it.each<[string, Record<string, unknown>, string]>([
    ['a missing argument', { memory: false, quiesce: false }, 'CreateSnapshot_Task.name: a value is required'],
    [
      'an unknown argument',
      { name: 'a', memory: false, quiesce: false, x: 1 },
      'CreateSnapshot_Task has no parameter "x"',
    ],
    [
      'a wrong type',
      { name: 5, memory: false, quiesce: false },
      'CreateSnapshot_Task.name: 5 is not of type xsd:string',
    ],
    ['what XML cannot carry', { name: 'a\u0001', memory: false, quiesce: false }, 'the character U+0001 at position 1'],
    ['half a character', { name: '\uD800', memory: false, quiesce: false }, 'the character U+D800'],
  ])('refuses %s', (_name, request, message) =>
    expect(() => encodeRequest('CreateSnapshot_Task', { _this: vm, ...request } as never)).toThrow(message),
  )

  it.each<[string, unknown, string]>([
    ['an unknown property', { nmae: 'x' }, 'VirtualMachineConfigSpec has no property "nmae"'],
    ['a value without a type', { deviceChange: [{}] }, '$type is required: VirtualDeviceConfigSpec'],
    [
      'a type out of place',
      { deviceChange: [{ $type: 'VirtualDisk' }] },
      'VirtualDisk is not a VirtualDeviceConfigSpec',
    ],
    ['an undeclared type', { deviceChange: [{ $type: 'Nope' }] }, 'Nope is not declared in our table'],
    ['one where an array belongs', { deviceChange: {} }, 'VirtualMachineConfigSpec.deviceChange: an array is required'],
    ['what cannot go back', { [unknownElements]: [{ name: 'spin', xml: '<spin/>' }] }, 'carries spin, which our table'],
    [
      'a value of no enumeration',
      { cpuAllocation: { shares: { shares: 1, level: 'much' } } },
      '"much" is not one of SharesLevel',
    ],
  ])('refuses %s', (_name, spec, message) =>
    expect(() => encodeRequest('ReconfigVM_Task', { _this: vm, spec } as never)).toThrow(message),
  )
})
