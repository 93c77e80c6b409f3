import type { Socket } from 'node:net'
import type { Clock } from '@vmkeep/kit'

export interface IdleWatchOptions {
  /** How long nothing may move, in either direction. */
  readonly idleMs: number
  readonly clock: Clock
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/**
 * Resolves when nothing has moved on a connection for too long, or when the watch ends: says whether it was idle.
 * Its client is gone, asks for nothing, or does not read what it asked for; whatever it is, it holds a disk.
 */
export async function watchIdle(socket: Socket, { idleMs, clock, signal }: IdleWatchOptions): Promise<boolean> {
  if (idleMs === Infinity) return false
  let movedBytes = -1
  let lastMs = 0
  while (!signal.aborted) {
    const nowBytes = socket.bytesRead + socket.bytesWritten // of the TCP connection, whatever TLS session runs over it
    if (nowBytes !== movedBytes) {
      movedBytes = nowBytes
      lastMs = clock.monotonicMs()
    } else if (clock.monotonicMs() - lastMs >= idleMs) return true
    await clock.sleep(idleMs / 4, signal).catch(() => {}) // rejects when the watch ends, and only then
  }
  return false
}
