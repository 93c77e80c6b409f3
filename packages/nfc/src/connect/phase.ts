import { AppError, type Clock, FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'

export interface PhaseOptions {
  /** `host:port`, for messages. */
  readonly peer: string
  /** What is going on, to follow the word "while". */
  readonly during: string
  /** Destroyed when the phase times out or is aborted, so that `work` ends too. */
  readonly stream: { destroy(): void }
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs one step of connecting: bounded in time, stopped by the signal, and with every failure turned into a code.
 *
 * @throws `nfc.timeout`, `nfc.connection-lost`, `nfc.protocol-violation`, or `signal.reason`
 */
export async function phase<T>(options: PhaseOptions, work: () => Promise<T>): Promise<T> {
  const { stream, timeoutMs, clock, signal } = options
  signal?.throwIfAborted()
  const over = new AbortController()
  const stopped = Promise.withResolvers<never>()
  const stop = (reason: unknown) => {
    stopped.reject(reason)
    stream.destroy()
  }
  const onAbort = () => stop(signal!.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  clock.sleep(timeoutMs, over.signal).then(
    () => stop(fail('nfc.timeout', options)),
    () => {}, // the phase was over first
  )
  try {
    return await Promise.race([work(), stopped.promise])
  } catch (error) {
    throw explained(error, options)
  } finally {
    over.abort()
    signal?.removeEventListener('abort', onAbort)
  }
}

function explained(error: unknown, { peer, during, signal }: PhaseOptions): unknown {
  if (error instanceof AppError || signal?.aborted === true) return signal?.aborted === true ? signal.reason : error
  if (error instanceof FormatError) return fail('nfc.protocol-violation', { peer, during, fact: error.message }, error)
  return fail('nfc.connection-lost', { peer, during }, error)
}
