/** What a client is told with an ERROR frame, after which the session goes on. Never leaves this folder. */
export class Refusal extends Error {
  readonly code: number

  constructor(code: number, text: string, cause?: unknown) {
    super(text, { cause })
    this.code = code
  }
}
