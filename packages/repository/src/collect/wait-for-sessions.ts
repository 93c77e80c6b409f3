import { FormatError } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import {
  beatKey,
  beatOf,
  pointKey,
  sessionIdOf,
  sessionPrefix,
  sessionStartKey,
  sessionsPrefix,
} from '../formats/object-names.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import { createdAtMsOf } from '../formats/session-id.ts'
import { decodeBeat } from '../formats/session-signs.ts'
import { decodeSessionStart } from '../formats/session-start.ts'
import type { WaitingFor } from '../repository.ts'
import { fence } from '../sessions/session-end.ts'

const pollMs = 30_000
/** A session that says itself that it last lived so long ago is given up at once. Clocks may err: that costs a backup, never data. */
const claimedAgeMsMax = 24 * 60 * 60_000

export interface Patience {
  readonly silentMs: number
  readonly waitMsMax: number
  readonly onWait: (done: number, total: number) => void
  readonly signal: AbortSignal | undefined
}

export interface Waited {
  readonly waitingFor: readonly WaitingFor[]
  readonly fenced: readonly string[]
}

/**
 * Waits until every session that may not know list `number` has ended, or said that it respects the list. What shows no sign of
 * life is fenced. Sessions that begin from here on see the list by themselves.
 */
export async function waitForSessions(core: Core, number: number, patience: Patience): Promise<Waited> {
  const { clock } = core
  const open = new Map<string, { seen: string; sinceMs: number }>()
  for await (const { key } of core.objects.list(sessionsPrefix, patience.signal)) {
    const id = sessionIdOf(key)
    if (id !== undefined) open.set(id, { seen: '', sinceMs: clock.monotonicMs() })
  }
  const total = open.size
  const fenced: string[] = []
  const startedMs = clock.monotonicMs()
  for (;;) {
    const waitingFor: WaitingFor[] = []
    for (const [id, watch] of open) {
      const signs = await readSigns(core, id, patience.signal)
      if (signs === undefined || signs.respects >= number) {
        open.delete(id)
        continue
      }
      if (signs.keys !== watch.seen) Object.assign(watch, { seen: signs.keys, sinceMs: clock.monotonicMs() })
      const silent = clock.monotonicMs() - watch.sinceMs >= patience.silentMs
      if (silent || nowMs(core) - signs.atMs > claimedAgeMsMax) {
        const end = await fence(core, id)
        if (end.kind === 'failed') throw end.error as Error
        if (end.kind === 'ours') fenced.push(id)
        open.delete(id)
      } else waitingFor.push({ session: id, writer: signs.writer, since: new Date(signs.atMs).toISOString() })
    }
    patience.onWait(total - open.size, total)
    if (open.size === 0 || clock.monotonicMs() - startedMs >= patience.waitMsMax) return { waitingFor, fenced }
    await clock.sleep(pollMs, patience.signal)
  }
}

interface Signs {
  /** What lies under the session, to see whether anything comes. */
  readonly keys: string
  readonly respects: number
  readonly atMs: number
  readonly writer: string
}

/** `undefined` if the session has ended. */
async function readSigns(core: Core, sessionId: string, signal: AbortSignal | undefined): Promise<Signs | undefined> {
  const keys: string[] = []
  let lastBeat = 0
  for await (const { key } of core.objects.list(sessionPrefix(sessionId), signal)) {
    keys.push(key)
    lastBeat = Math.max(lastBeat, beatOf(key)?.number ?? 0)
  }
  if (keys.length === 0) return undefined // they go only once there is an end
  if ((await core.objects.size(pointKey(sessionId), signal)) !== undefined) return undefined
  const start = await decoded(core, sessionStartKey(sessionId), signal, (source) =>
    decodeSessionStart(source, { repositoryId: core.repositoryId, sessionId }, core.roles.control),
  )
  const beat =
    lastBeat === 0
      ? undefined
      : await decoded(core, beatKey(sessionId, lastBeat), signal, (source) =>
          decodeBeat(
            source,
            { repositoryId: core.repositoryId, holderId: sessionId, number: lastBeat },
            core.roles.control,
          ),
        )
  return {
    keys: keys.join(),
    respects: beat?.respects ?? 0,
    atMs: beat?.atMs ?? start?.startedAtMs ?? createdAtMsOf(sessionId),
    writer: start?.writer ?? 'unknown',
  }
}

/** What an object says, if it is there and makes sense. */
async function decoded<T>(
  core: Core,
  key: string,
  signal: AbortSignal | undefined,
  decode: (source: Uint8Array) => T,
): Promise<T | undefined> {
  const source = await core.objects.get(key, sealedObjectBytesMax, signal)
  try {
    return source && decode(source)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return undefined
  }
}
