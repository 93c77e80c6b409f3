import { FormatError, messageOf } from '@vmkeep/kit'
import { SaxesParser } from 'saxes'
import { type Scope, XmlElement } from './xml-element.ts'

export interface XmlLimits {
  /** Elements within elements. vSphere's deepest are snapshot trees and disk chains: a few dozen. */
  readonly depthMax?: number
  /** Elements in all: bounds the memory a small but dense document can cost. 1,000 VMs with devices are 200,000. */
  readonly elementsMax?: number
}

/**
 * Reads a document into elements. No DTD, no entities but XML's own five, no error forgiven.
 *
 * @throws FormatError with line and column
 */
export function readXml(text: string, { depthMax = 500, elementsMax = 3_000_000 }: XmlLimits = {}): XmlElement {
  const parser = new SaxesParser({ xmlns: false })
  const open: XmlElement[] = []
  let root: XmlElement | undefined
  let elements = 0

  parser.on('doctype', () => {
    throw new FormatError('a document type declaration is not accepted')
  })
  parser.on('opentag', (tag) => {
    const parent = open.at(-1)
    const scope = scopeOf(tag.attributes, parent?.scope ?? noNamespaces)
    const element = new XmlElement(tag, scope, text, parser.position)
    if (open.push(element) > depthMax) throw new FormatError(`elements lie more than ${depthMax} deep`)
    if (++elements > elementsMax) throw new FormatError(`more than ${elementsMax} elements`)
    if (parent === undefined) root = element
    else parent.children.push(element)
  })
  parser.on('closetag', () => open.pop()!.closeAt(parser.position))
  const addText = (added: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += added
  }
  parser.on('text', addText)
  parser.on('cdata', addText)

  run(() => parser.write(text).close())
  if (root === undefined) throw new FormatError('no XML element')
  return root
}

const noNamespaces: Scope = new Map()

function scopeOf(attributes: Readonly<Record<string, string>>, outer: Scope): Scope {
  let scope: Map<string, string> | undefined
  for (const key in attributes) {
    if (!key.startsWith('xmlns') || (key.length > 5 && key[5] !== ':')) continue
    scope ??= new Map(outer)
    scope.set(key.slice(6), attributes[key]!)
  }
  return scope ?? outer
}

function run(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`not well-formed XML: ${messageOf(error)}`)
  }
}
