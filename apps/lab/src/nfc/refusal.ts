import { messageOf } from '@vmkeep/kit'
import { nfcErrorCode } from '@vmkeep/nfc/messages'

/** What a client is told with an ERROR frame, after which the session goes on. Never leaves this folder. */
export class Refusal extends Error {
  readonly code: number

  constructor(code: number, text: string, cause?: unknown) {
    super(text, { cause })
    this.code = code
  }
}

/** Source: VMware, NBD performance notes. Evidence: documented. */
export function noMemory(bytes: number): Refusal {
  return new Refusal(nfcErrorCode.noMemory, `Failed to allocate the requested ${bytes} bytes`)
}

export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(1, messageOf(error), error)
}
