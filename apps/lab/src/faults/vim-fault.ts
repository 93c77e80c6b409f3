import { faultText } from './fault-texts.ts'

/**
 * A refusal in vSphere's own words: the answer to a call, or the error of a task.
 *
 * It is no failure of the lab, and so no AppError: it is what the method answers.
 */
export class VimFault extends Error {
  override readonly name = 'VimFault'
  /** The fault's type, e.g. `InvalidPowerState`. */
  readonly type: string
  readonly fields: Readonly<Record<string, unknown>>

  /** `text` is what a real server says for this type, if left out. */
  constructor(type: string, fields: Readonly<Record<string, unknown>> = {}, text = faultText(type, fields)) {
    super(text)
    this.type = type
    this.fields = fields
  }

  /** The fault as a value of the type table. */
  get value(): { readonly $type: string; readonly [field: string]: unknown } {
    return { $type: this.type, ...this.fields }
  }

  /** As tasks and property collectors carry it. */
  get localized(): { readonly fault: VimFault['value']; readonly localizedMessage: string } {
    return { fault: this.value, localizedMessage: this.message }
  }
}
