import { hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { pinOf, readerPinKey, readersPrefix, sessionPinKey, sessionsPrefix } from '../formats/object-names.ts'
import { createdAtMsOf, newSessionId } from '../formats/session-id.ts'
import { encodePin } from '../formats/session-signs.ts'
import { requireReadable } from './points.ts'
import { checkNotBuried } from './trash.ts'

/** Less than half of the time a pin counts. */
const renewMs = 8 * 60 * 60_000

/**
 * Has a session hold a point while it inherits from it. First the pin, then the look at the point's fate: so a collector that
 * buried the point before did so in our sight, and one that buries it later sees the pin.
 *
 * @throws `repository.point-buried`
 */
export async function pinForSession(
  core: Core,
  sessionId: string,
  pointId: string,
  signal?: AbortSignal,
): Promise<void> {
  await putPin(core, sessionPinKey(sessionId, pointId), sessionId, pointId, signal)
  await checkNotBuried(core, pointId, signal)
}

/** Has a reader hold a point until disposed. @throws `repository.point-buried`, `repository.domain-erased` */
export async function pinForReader(core: Core, pointId: string, signal?: AbortSignal): Promise<AsyncDisposable> {
  const readerId = newSessionId(core.clock.nowMs(), core.random.bytes(2), core.random)
  const key = readerPinKey(readerId, pointId)
  const letGo = async () => {
    await core.objects.delete(key).catch(() => {}) // what is left is old some day, and then ignored
  }
  await putPin(core, key, readerId, pointId, signal)
  try {
    await checkNotBuried(core, pointId, signal)
    if (core.ring.ring.erased.length > 0) await requireReadable(core, pointId, signal)
  } catch (error) {
    await letGo()
    throw error
  }
  return { [Symbol.asyncDispose]: letGo }
}

/**
 * As {@link pinForReader}, for as long as it takes: a pin counts for 24 hours, so that it is renewed meanwhile. Where nothing can be
 * written there is none, and a point that was forgotten a week ago may go.
 *
 * @throws `repository.point-buried`
 */
export async function pinForLong(core: Core, pointId: string, signal?: AbortSignal): Promise<AsyncDisposable> {
  let pin = await pinForReader(core, pointId, signal).catch((error: unknown) => {
    if (!hasCode(error, 'storage.read-only', 'storage.no-permission', 'storage.full')) throw error
    return undefined
  })
  let renewing: Promise<void> = Promise.resolve()
  const renew = async () => {
    const earlier = pin
    pin = await pinForReader(core, pointId, signal)
    await earlier?.[Symbol.asyncDispose]()
  }
  const timer = core.every(renewMs, () => {
    renewing = renewing.then(renew).catch(() => {}) // tried again at the next turn; the pin that is there counts longer
  })
  return {
    async [Symbol.asyncDispose]() {
      timer[Symbol.dispose]()
      await renewing
      await pin?.[Symbol.asyncDispose]()
    },
  }
}

/** Points that a session or a reader holds. */
export async function readPins(core: Core, signal?: AbortSignal): Promise<Set<string>> {
  const pinned = new Set<string>()
  for (const prefix of [sessionsPrefix, readersPrefix])
    for await (const { key } of core.objects.list(prefix, signal)) {
      const pin = pinOf(key)
      if (pin !== undefined && !(prefix === readersPrefix && isReaderTooOld(core, pin.holderId)))
        pinned.add(pin.pointId)
    }
  return pinned
}

/** A reader that claims to be older holds nothing: a restore may fail for it, data never does. */
export const readerAgeMsMax = 24 * 60 * 60_000

export const isReaderTooOld = ({ clock }: Core, readerId: string): boolean =>
  clock.nowMs() - createdAtMsOf(readerId) > readerAgeMsMax

async function putPin(core: Core, key: string, holderId: string, pointId: string, signal: AbortSignal | undefined) {
  const { repositoryId, roles, random } = core
  const pin = encodePin(
    { repositoryId, holderId },
    { pointId, atMs: nowMs(core) },
    { controlKey: roles.control, random },
  )
  await core.objects.putUnique(key, pin, signal)
}
