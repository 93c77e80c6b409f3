import { type Core, nowMs } from '../core.ts'
import { readerPinKey, sessionPinKey } from '../formats/object-names.ts'
import { newSessionId } from '../formats/session-id.ts'
import { encodePin } from '../formats/session-signs.ts'
import { checkNotBuried } from './trash.ts'

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

/** Has a reader hold a point until disposed. @throws `repository.point-buried` */
export async function pinForReader(core: Core, pointId: string, signal?: AbortSignal): Promise<AsyncDisposable> {
  const readerId = newSessionId(core.clock.nowMs(), core.random.bytes(2), core.random)
  const key = readerPinKey(readerId, pointId)
  const letGo = async () => {
    await core.objects.delete(key).catch(() => {}) // what is left is old some day, and then ignored
  }
  await putPin(core, key, readerId, pointId, signal)
  try {
    await checkNotBuried(core, pointId, signal)
  } catch (error) {
    await letGo()
    throw error
  }
  return { [Symbol.asyncDispose]: letGo }
}

async function putPin(core: Core, key: string, holderId: string, pointId: string, signal: AbortSignal | undefined) {
  const { repositoryId, roles, random } = core
  const pin = encodePin(
    { repositoryId, holderId },
    { pointId, atMs: nowMs(core) },
    { controlKey: roles.control, random },
  )
  await core.objects.putUnique(key, pin, signal)
}
