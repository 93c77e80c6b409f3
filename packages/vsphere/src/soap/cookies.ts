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

  /** The `cookie` header to send, or no header at all. */
  get headers(): { readonly cookie?: string } {
    if (this.#cookies.size === 0) return {}
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }
}
