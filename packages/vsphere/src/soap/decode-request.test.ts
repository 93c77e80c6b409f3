import { FormatError } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { decodeRequest, InvalidRequestError } from './decode-request.ts'
import { namespaces } from './xml-element.ts'

const open =
  `<soapenv:Envelope xmlns:soapenv="${namespaces.soap}" xmlns:xsd="${namespaces.xsd}" xmlns:xsi="${namespaces.xsi}">` +
  '<soapenv:Body>'
const close = '</soapenv:Body></soapenv:Envelope>'
const request = (call: string) => `${open}${call}${close}`
const reconfigure = (spec: string) =>
  request(
    `<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-1</_this><spec>${spec}</spec></ReconfigVM_Task>`,
  )

describe('a server reading a call', () => {
  it('reads what govc sends, its prefix for xsi included', () => {
    const call = decodeRequest(
      request(`<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>
        <specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet>
        <objectSet><obj type="ContainerView">session[a]b</obj><skip>true</skip>
        <selectSet xmlns:XMLSchema-instance="${namespaces.xsi}" XMLSchema-instance:type="TraversalSpec"><name>t</name>
        <type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet></specSet><options/></RetrievePropertiesEx>`),
    )
    expect(call.method).toBe('RetrievePropertiesEx')
    expect(call.parameters).toMatchObject({
      specSet: [
        {
          propSet: [{ type: 'VirtualMachine', pathSet: ['name'] }],
          objectSet: [
            {
              obj: { type: 'ContainerView', value: 'session[a]b' },
              selectSet: [{ $type: 'TraversalSpec', path: 'view', skip: false }],
            },
          ],
        },
      ],
      options: { $type: 'RetrieveOptions' },
    })
  })

  it.each([
    [
      'without the type of _this',
      '<CurrentTime xmlns="urn:vim25"><_this>ServiceInstance</_this></CurrentTime>',
      undefined,
    ],
    [
      'prefixed',
      '<v:CurrentTime xmlns:v="urn:vim25"><v:_this type="ServiceInstance">ServiceInstance</v:_this></v:CurrentTime>',
      'ServiceInstance',
    ],
    [
      'with blanks in tags',
      '<CurrentTime xmlns="urn:vim25" ><_this  type="ServiceInstance" >ServiceInstance</_this ></CurrentTime >',
      'ServiceInstance',
    ],
  ])('takes a call %s, as real clients send it', (_name, call, type) =>
    expect(decodeRequest(request(call))).toEqual({
      method: 'CurrentTime',
      _this: { type, value: 'ServiceInstance' },
      parameters: {},
    }),
  )

  // The form of the texts is that of vpxd, as its users quote them.
  it('says where it met an element out of place', () => {
    const text = reconfigure(
      '<deviceChange><operation>add</operation><device xsi:type="VirtualDisk"><capacityInKB>1</capacityInKB><key>1</key></device></deviceChange>',
    )
    expect(() => decodeRequest(text)).toThrow(
      new InvalidRequestError(
        [
          'Unexpected element tag "key" seen',
          `while parsing serialized DataObject of type VirtualDisk\nat line 1, column ${text.indexOf('<device xsi')}`,
          `while parsing property "device" of static type VirtualDevice\nat line 1, column ${text.indexOf('<device xsi')}`,
          `while parsing serialized DataObject of type VirtualDeviceConfigSpec\nat line 1, column ${text.indexOf('<deviceChange')}`,
          `while parsing property "deviceChange" of static type ArrayOfVirtualDeviceConfigSpec\nat line 1, column ${text.indexOf('<deviceChange')}`,
          `while parsing serialized DataObject of type VirtualMachineConfigSpec\nat line 1, column ${text.indexOf('<spec')}`,
          `while parsing property "spec" of static type VirtualMachineConfigSpec\nat line 1, column ${text.indexOf('<spec')}`,
          `while parsing call information for method ReconfigVM_Task\nat line 1, column ${text.indexOf('<Reconfig')}`,
        ].join('\n\n'),
      ),
    )
  })

  it.each([
    ['an unknown field', '<nmae>x</nmae>', 'Unexpected element tag "nmae" seen'],
    ['a repeated field', '<name>a</name><name>b</name>', 'Single property name provided multiple times'],
    [
      'a field after its place',
      '<deviceChange><device xsi:type="VirtualFloppy"><key>1</key></device></deviceChange><numCPUs>1</numCPUs>',
      'Unexpected element tag "numCPUs" seen',
    ],
    [
      'a missing field',
      '<deviceChange><device xsi:type="VirtualFloppy"/></deviceChange>',
      'Required property key is missing from data object of type VirtualFloppy',
    ],
    [
      'an unknown type',
      '<deviceChange><device xsi:type="Nope"/></deviceChange>',
      'Unable to resolve WSDL type name Nope',
    ],
    [
      'a type out of place',
      '<deviceChange xsi:type="VirtualDisk"/>',
      'Type VirtualDisk is not a subtype of VirtualDeviceConfigSpec',
    ],
    ['a bad number', '<numCPUs>two</numCPUs>', '"two" is not of type xsd:int'],
    [
      'a bad enumeration',
      '<deviceChange><operation>eject</operation></deviceChange>',
      '"eject" is not a value of enumeration VirtualDeviceConfigSpecOperation',
    ],
    ['an element in text', '<name><b/></name>', 'Unexpected element tag "b" seen'],
    [
      'an untyped any',
      '<extraConfig xsi:type="OptionValue"><key>k</key><value>v</value></extraConfig>',
      'Type of a value of type anyType is not given',
    ],
  ])('refuses %s', (_name, spec, message) => {
    expect(() => decodeRequest(reconfigure(spec))).toThrow(InvalidRequestError)
    expect(() => decodeRequest(reconfigure(spec))).toThrow(message)
  })

  it('refuses a method nobody knows, a call about nothing, and what is no envelope', () => {
    expect(() => decodeRequest(request('<FooBar xmlns="urn:vim25"/>'))).toThrow(
      'Unable to resolve WSDL method name FooBar',
    )
    expect(() => decodeRequest(request('<constructor/>'))).toThrow('Unable to resolve WSDL method name constructor')
    expect(() => decodeRequest(request('<CurrentTime xmlns="urn:vim25"/>'))).toThrow(
      'Required property _this is missing',
    )
    for (const text of ['', '<a/>', open, `${open}${close}`]) expect(() => decodeRequest(text)).toThrow(FormatError)
  })
})
