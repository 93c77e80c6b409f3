import { fail } from '../errors.ts'
import { defaultBuffers, type ErrorPayload, nfcErrorCode } from '../messages/index.ts'
import type { NfcSettings } from './options.ts'

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

/** The same for a session's buffers. Where they can't be smaller, the host has no room for as long as others hold it. */
export function bufferRefusal(peer: string, settings: NfcSettings, { code, text }: ErrorPayload): Error {
  const { bufferBytes, bufferCount } = settings
  const isLeast = bufferBytes <= defaultBuffers.bufferBytes
  if (isLeast && code === nfcErrorCode.noMemory) return fail('nfc.host-busy', { peer, nfcCode: code, text })
  return fail('nfc.buffer-refused', { peer, nfcCode: code, text, bufferBytes, bufferCount })
}
