/** The cookies of one session. Values are sent back byte for byte: vCenter's come in double quotes, and with them they go. */
export class Cookies {
  readonly #cookies = new Map<string, string>()

  /** Takes over what `set-cookie` headers set. */
  accept(setCookie: readonly string[] | undefined): void {
    for (const header of setCookie ?? []) {
      const match = /^\s*([^=;\s]+)=("[^"]*"|[^;]*)/.exec(header)
      if (match !== null) this.#cookies.set(match[1]!, match[2]!.trim())
    }
  }

  /** The same cookies, for a service whose own are not to come among ours. */
  copy(): Cookies {
    const copy = new Cookies()
    for (const [name, value] of this.#cookies) copy.#cookies.set(name, value)
    return copy
  }

  /** The value of one, without the quotes around it. */
  value(name: string): string | undefined {
    return this.#cookies.get(name)?.replaceAll(/^"|"$/g, '')
  }

  /** The `cookie` header to send, or no header at all. */
  get headers(): { readonly cookie?: string } {
    if (this.#cookies.size === 0) return {}
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }
}
