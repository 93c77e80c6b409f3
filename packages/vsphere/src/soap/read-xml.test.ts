import { FormatError } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAny } from './decode-value.ts'
import { decodeRequest } from './decode-request.ts'
import { readAnswer } from './envelope.ts'
import { readXml } from './read-xml.ts'
import { escapeAttribute, escapeText, namespaces, type XmlElement } from './xml-element.ts'

/** Anything but a FormatError is a crash. */
function survives(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
  }
}

describe('hostile XML', () => {
  it.each([
    ['nothing', '', 'not well-formed XML'],
    ['text', 'hello', 'not well-formed XML'],
    ['HTML', '<html><body><p>Sign in<br></body></html>', 'not well-formed XML'],
    ['a DTD', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'a document type declaration is not accepted'],
    ['a DTD that never ends', '<!DOCTYPE a [<!ENTITY x "y">', 'not well-formed XML'],
    [
      'an external entity',
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
      'a document type declaration is not accepted',
    ],
    ['an undeclared entity', '<a>&x;</a>', 'undefined entity'],
    ['an entity named like a member of every object', '<a>&constructor;</a>', 'undefined entity'],
    ['a reference to no character', '<a>&#0;</a>', 'malformed character entity'],
    ['a control character', '<a>\u0001</a>', 'disallowed character'],
    ['a wrong end tag', '<a><b></a></b>', 'unexpected close tag'],
    ['two roots', '<a/><b/>', 'documents may contain only one root'],
    ['an attribute twice', '<a b="1" b="2"/>', 'duplicate attribute'],
    ['an open end', '<a><b>', 'unclosed tag'],
  ])('%s is refused', (_name, text, message) => {
    expect(() => readXml(text)).toThrow(FormatError)
    expect(() => readXml(text)).toThrow(message)
  })

  it('says in which line and column', () => {
    expect(() => readXml('<a>\n  <b>\n</a>')).toThrow('not well-formed XML: 3:4')
  })

  it('limits depth and number, so that a small text cannot cost much', () => {
    expect(() => readXml('<a>'.repeat(1_000_000))).toThrow('elements lie more than 500 deep')
    expect(() => readXml(`<a>${'<b/>'.repeat(100)}</a>`, { elementsMax: 100 })).toThrow('more than 100 elements')
    expect(() => readXml(`<a>${'<b/>'.repeat(99)}</a>`, { elementsMax: 100 })).not.toThrow()
  })

  it('decodes the deepest it reads without running out of stack', () => {
    const deep = (tag: string) =>
      `<v xmlns:xsi="${namespaces.xsi}" xsi:type="VirtualMachineSnapshotTree">${tag.repeat(498)}`
    const xml = `${deep('<childSnapshotList>')}${'</childSnapshotList>'.repeat(498)}</v>`
    expect(decodeAny(readXml(xml))).toMatchObject({ $type: 'VirtualMachineSnapshotTree' })
  })

  // Anything quadratic would run into the test's time limit by far.
  it.each<[string, (n: number) => string]>([
    ['text', (n) => `<a>${'x'.repeat(n)}</a>`],
    ['references', (n) => `<a>${'&amp;'.repeat(n / 5)}</a>`],
    ['an attribute', (n) => `<a b="${'&#65;'.repeat(n / 5)}"/>`],
    ['elements', (n) => `<a>${'<b/>'.repeat(n / 4)}</a>`],
    ['CDATA', (n) => `<a>${'<![CDATA[x]]>'.repeat(n / 13)}</a>`],
    ['comments', (n) => `<a>${'<!-- -->'.repeat(n / 8)}</a>`],
    ['an entity name', (n) => `<a>&${'x'.repeat(n)};</a>`],
    ['an element name', (n) => `<${'a'.repeat(n)}/>`],
    ['attributes', (n) => `<a ${Array.from({ length: n / 14 }, (_, i) => `b${i}="1"`).join(' ')}/>`],
    ['namespaces', (n) => `<a ${Array.from({ length: n / 20 }, (_, i) => `xmlns:b${i}="1"`).join(' ')}/>`],
  ])('two megabytes of %s cost no more than their length', (_name, shape) => survives(() => readXml(shape(2_000_000))))

  it('survives any text', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      ' ',
      '=',
      '"',
      '&',
      ';',
      '#',
      '!',
      '[',
      ']',
      '-',
      '?',
      ':',
      'CDATA',
      'xmlns',
      '\0',
      '\uD800',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => survives(() => readXml(parts.join('')))),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => survives(() => readXml(text))))
  })

  it('survives every truncation and any single change of a good message', () => {
    const good =
      `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="${namespaces.soap}" xmlns:xsi="${namespaces.xsi}"><soapenv:Body>` +
      '<SetField xmlns="urn:vim25"><_this type="CustomFieldsManager">c</_this><entity type="VirtualMachine">vm-1</entity>' +
      '<key>7</key><value>a &amp; b<![CDATA[c]]></value></SetField></soapenv:Body></soapenv:Envelope>'
    const read = (text: string) => {
      survives(() => decodeRequest(text))
      survives(() => readAnswer(text))
    }
    for (let n = 0; n < good.length; n++) {
      expect(() => decodeRequest(good.slice(0, n))).toThrow(FormatError)
      read(good.slice(0, n))
    }
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ unit: 'binary', maxLength: 2 }), (at, put) =>
        read(good.slice(0, at) + put + good.slice(at + 1)),
      ),
      { numRuns: 1000 },
    )
  })
})

describe('good XML', () => {
  interface Tree {
    readonly name: string
    readonly attribute: string
    readonly text: string
    readonly children: readonly Tree[]
  }
  const tree: (depth: number) => fc.Arbitrary<Tree> = (depth) =>
    fc.record({
      name: fc.constantFrom('a', 'b', 'p:c'),
      attribute: fc.string(),
      text: fc.string(),
      children: depth <= 1 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 3 }),
    })
  const write = ({ name, attribute, text, children }: Tree): string =>
    `<${name} xmlns:p="urn:p" q="${escapeAttribute(attribute)}">${escapeText(text)}${children.map(write).join('')}</${name}>`
  const shape = (element: XmlElement): unknown => ({
    name: element.name,
    attribute: element.attributes['q'],
    text: element.text,
    children: element.children.map(shape),
  })
  const bare = ({ name, children, ...rest }: Tree): unknown => ({
    ...rest,
    name: name.replace('p:', ''),
    children: children.map(bare),
  })
  const writable = (text: string) => !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)
  const isWritable = ({ attribute, text, children }: Tree): boolean =>
    writable(attribute) && writable(text) && children.every(isWritable)

  it('is read as it was written, and every element gives back its own text', () => {
    fc.assert(
      fc.property(tree(4).filter(isWritable), (written) => {
        const text = write(written)
        const root = readXml(text)
        expect(shape(root)).toEqual(bare(written))
        const check = (element: XmlElement): void => {
          expect(shape(readXml(element.xml))).toEqual(shape(element))
          element.children.forEach(check)
        }
        expect(root.xml).toBe(text)
        check(root)
      }),
      { numRuns: 200 },
    )
  })
})
