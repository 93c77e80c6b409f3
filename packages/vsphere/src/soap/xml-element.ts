import { FormatError } from '@vmkeep/kit'

export const namespaces = {
  soap: 'http://schemas.xmlsoap.org/soap/envelope/',
  xsd: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  vim25: 'urn:vim25',
  pbm: 'urn:pbm',
} as const

/** Prefix → namespace, `''` for the default one. */
export type Scope = ReadonlyMap<string, string>

/** One element of a document that was read, with its place in the text. */
export class XmlElement {
  /** Without its prefix. */
  readonly name: string
  readonly prefix: string
  readonly attributes: Readonly<Record<string, string>>
  readonly scope: Scope
  readonly children: XmlElement[] = []
  /** All character data directly inside, joined. */
  text = ''
  readonly #source: string
  readonly #startTagEnd: number
  #end: number

  constructor(
    tag: { readonly name: string; readonly attributes: Readonly<Record<string, string>> },
    scope: Scope,
    source: string,
    startTagEnd: number,
  ) {
    const colon = tag.name.indexOf(':')
    this.name = colon < 0 ? tag.name : tag.name.slice(colon + 1)
    this.prefix = colon < 0 ? '' : tag.name.slice(0, colon)
    this.attributes = tag.attributes
    this.scope = scope
    this.#source = source
    this.#startTagEnd = startTagEnd
    this.#end = startTagEnd
  }

  closeAt(end: number): void {
    this.#end = end
  }

  get namespace(): string {
    return this.scope.get(this.prefix) ?? ''
  }

  child(name: string): XmlElement | undefined {
    return this.children.find((child) => child.name === name)
  }

  /**
   * The type named by `xsi:type`, without its prefix, or `undefined`.
   *
   * The attribute is found by its namespace: servers write `xsi:type` and also `XMLSchema-instance:type`; a reference
   * carries a plain `type` beside it, which is another thing.
   */
  get xsiType(): string | undefined {
    for (const key in this.attributes) {
      if (!key.endsWith(':type') || this.scope.get(key.slice(0, -5)) !== namespaces.xsi) continue
      const type = this.attributes[key]!.trim()
      return type.slice(type.indexOf(':') + 1)
    }
    return undefined
  }

  /** Where the element begins in its document: line from 1, column from 0, as vpxd counts. */
  get position(): { readonly line: number; readonly column: number } {
    const start = this.#start()
    const lineStart = this.#source.lastIndexOf('\n', start - 1) + 1
    let line = 1
    for (let at = this.#source.indexOf('\n'); at >= 0 && at < start; at = this.#source.indexOf('\n', at + 1)) line++
    return { line, column: start - lineStart }
  }

  /**
   * The element exactly as it came, except that namespaces declared further out are declared on it:
   * the text can be kept for years and read on its own.
   */
  get xml(): string {
    const start = this.#start()
    const nameEnd = start + 1 + (this.prefix === '' ? 0 : this.prefix.length + 1) + this.name.length
    return this.#source.slice(start, nameEnd) + this.#inheritedNamespaces() + this.#source.slice(nameEnd, this.#end)
  }

  #start(): number {
    return this.#source.lastIndexOf('<', this.#startTagEnd - 1) // a well-formed start tag holds no other "<"
  }

  #inheritedNamespaces(): string {
    let declarations = ''
    for (const [prefix, uri] of this.scope) {
      const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
      if (uri !== namespaces.soap && !(name in this.attributes)) declarations += ` ${name}="${escapeAttribute(uri)}"`
    }
    return declarations
  }
}

const attributeEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** Text made safe inside a double-quoted attribute. */
export function escapeAttribute(text: string): string {
  return mustBeXml(text).replace(/[&<>"\t\n\r]/g, (c) => attributeEscapes[c]!)
}

/** Text made safe between tags. A carriage return is written as a reference: a reader would make it a line feed. */
export function escapeText(text: string): string {
  if (!/[^\u0020-\u0025\u0027-\u003B\u003D\u003F-\u007E]/.test(text)) return text
  return mustBeXml(text).replace(/[&<>\r]/g, (c) => attributeEscapes[c]!)
}

// XML 1.0 has no way to write these, not even as a reference.
// oxlint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u

function mustBeXml(text: string): string {
  const found = unwritable.exec(text)
  if (found === null) return text
  const code = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  throw new FormatError(`the character U+${code} at position ${found.index} cannot be written in XML`)
}
