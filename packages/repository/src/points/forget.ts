import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import type { ForgottenPoint } from '../repository.ts'
import { appendFate, isListed, readFates } from './trash.ts'
import { findPointId, readPoint } from './points.ts'
import { checkNotProtected } from './protection.ts'

/**
 * Takes a point out of the list. What it holds stays until a collection buries it.
 *
 * @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-protected`, `repository.fate-unreadable`
 */
export async function forgetPoint(core: Core, id: string, reason: string, signal?: AbortSignal): Promise<void> {
  const pointId = await findPointId(core, id, isListed, signal)
  await appendFate(
    core,
    pointId,
    (fate) => {
      if (!isListed(fate)) return undefined
      checkNotProtected(core, pointId, fate?.marks)
      return { kind: 'forgotten', reason }
    },
    signal,
  )
}

/** Takes a forgotten point back. @throws `repository.point-not-found`, `repository.point-buried` */
export async function restoreForgotten(core: Core, id: string, signal?: AbortSignal): Promise<void> {
  const pointId = await findPointId(core, id, (fate) => !isListed(fate), signal)
  await appendFate(
    core,
    pointId,
    (fate) => {
      if (fate?.kind === 'buried') throw fail('repository.point-buried', { id: pointId })
      return fate?.kind === 'forgotten' ? { kind: 'stands' } : undefined
    },
    signal,
  )
}

/** The points that were forgotten and can still be taken back. */
export async function* forgottenPoints(core: Core, signal?: AbortSignal): AsyncIterable<ForgottenPoint> {
  const fates = await readFates(core, signal)
  for (const [id, fate] of [...fates].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const { kind, atMs, reason } = fate
    if (kind !== 'forgotten') continue
    const point = await readPoint(core, id, signal, { fate })
    if (point !== undefined) yield { point, forgottenAt: new Date(atMs).toISOString(), reason }
  }
}
