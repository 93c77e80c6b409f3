import type { Secret } from '@vmkeep/kit'

/** Takes every secret this run has learnt out of a text. A second line of defence: no message should hold one to begin with. */
export class Redactor {
  readonly #values = new Set<string>()

  learn(secret: Secret): void {
    const value = secret.reveal()
    // A very short password would blank out ordinary words, and that would tell it.
    if (value.length < 4) return
    this.#values.add(value)
    this.#values.add(JSON.stringify(value).slice(1, -1))
    this.#values.add(encodeURIComponent(value))
  }

  readonly clean = (text: string): string => {
    const document = jsonOf(text)
    if (document !== undefined) return JSON.stringify(this.cleanValue(document))
    return text
      .split(codeLine)
      .map((part, i) => (i % 2 === 0 ? this.#cleanText(part) : part))
      .join('')
  }

  /** The same for what is written as JSON or YAML: texts only, so that the document stays one whatever the secret is. */
  readonly cleanValue = (value: unknown): unknown => {
    if (typeof value === 'string') return this.#cleanText(value)
    if (Array.isArray(value)) return value.map(this.cleanValue)
    if (typeof value !== 'object' || value === null) return value
    const parts = Object.entries(value).map(([key, part]) => [key, isCode(key, part) ? part : this.cleanValue(part)])
    return Object.fromEntries(parts)
  }

  #cleanText(text: string): string {
    let cleaned = text
    // The longest first: of "passphrase-2026" something would remain once "passphrase" is taken out.
    for (const value of [...this.#values].toSorted((a, b) => b.length - a.length))
      cleaned = cleaned.replaceAll(value, '[secret]')
    return cleaned
  }
}

/** An error's code is one of a fixed list, tells no secret, and must be found in the documentation also by who chose "wrong" as theirs. */
// oxlint-disable-next-line no-control-regex -- colours stand around it
const codeLine = /(^(?:\u001B\[\d+m)? {2}code: [a-z]+\.[a-z-]+(?:\u001B\[\d+m)?$)/m

const isCode = (key: string, value: unknown): boolean =>
  key === 'code' && typeof value === 'string' && /^[a-z]+(?:[.-][a-z]+)*$/.test(value)

function jsonOf(text: string): unknown {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
