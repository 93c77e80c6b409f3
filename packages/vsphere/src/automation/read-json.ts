import { AppError, FormatError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { HttpResponse } from '../soap/http-client.ts'
import { readText, TooLargeError } from '../soap/read-text.ts'

/** As text; in memory it is some three times as much for a moment. The 150,000 associations that vCenter 8 is made for are 8 MiB. */
const answerBytesMax = 32 * 1024 * 1024

interface Asked {
  readonly host: string
  readonly what: string
  readonly signal: AbortSignal
}

/** What an answer says, `undefined` if it is empty. @throws `vsphere.unavailable`, `.automation-refused`, `.answer-too-large`, `.bad-answer`, `.reply-lost` */
export async function readJson(response: HttpResponse, asked: Asked): Promise<unknown> {
  const { host, what } = asked
  const text = await readText(response, answerBytesMax).catch((error: unknown) => {
    throw explain(error, asked)
  })
  const { status } = response
  if (status >= 500 || status === 429) throw fail('vsphere.unavailable', { host, status })
  if (status >= 300) throw fail('vsphere.automation-refused', { host, what, status, text: text.slice(0, 300) })
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    throw badAnswer(host, what, 'it is no JSON')
  }
}

export const badAnswer = (host: string, what: string, reason: string): AppError =>
  fail('vsphere.bad-answer', { host, what, reason })

function explain(error: unknown, { host, what, signal }: Asked): unknown {
  signal.throwIfAborted()
  if (error instanceof TooLargeError)
    return fail('vsphere.answer-too-large', { host, what, limitBytes: answerBytesMax })
  if (error instanceof FormatError) return badAnswer(host, what, error.message)
  return error instanceof AppError ? error : fail('vsphere.reply-lost', { host, what, reason: messageOf(error) }, error)
}
