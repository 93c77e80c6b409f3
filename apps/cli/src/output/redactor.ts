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
    let cleaned = text
    for (const value of this.#values) cleaned = cleaned.replaceAll(value, '[secret]')
    return cleaned
  }
}
