import { fail } from '../errors.ts'
import { type ErrorPayload, nfcErrorCode } from '../messages/index.ts'

/** The error for a host that refused `during`, of `path`. */
export function refusal(peer: string, path: string, during: string, { code, text }: ErrorPayload): Error {
  const about = { peer, during, nfcCode: code, text }
  if (code === nfcErrorCode.noMemory) return fail('nfc.out-of-memory', about)
  if (code === nfcErrorCode.fileReadOnly) return fail('nfc.read-only', { ...about, path })
  return fail('nfc.request-failed', about)
}

/** The same for opening it: here any other code says something about the file. */
export function openRefusal(peer: string, path: string, error: ErrorPayload): Error {
  const isKnown = error.code === nfcErrorCode.noMemory || error.code === nfcErrorCode.fileReadOnly
  if (isKnown) return refusal(peer, path, `opening ${path}`, error)
  return fail('nfc.file-refused', { peer, path, nfcCode: error.code, text: error.text })
}
