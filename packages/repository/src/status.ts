import type { Core } from './core.ts'
import { packKind } from './formats/pack.ts'
import { pointKey, sessionIdOf, sessionsPrefix } from './formats/object-names.ts'
import { listPoints } from './points/points.ts'
import type { RepositoryStatus } from './repository.ts'

/** Counts what is there. Reads every point and the whole index, no data. */
export async function readStatus(core: Core, signal?: AbortSignal): Promise<RepositoryStatus> {
  let points = 0
  let damagedPoints = 0
  for await (const { damaged } of listPoints(core, signal))
    if (damaged === undefined) points++
    else damagedPoints++
  await core.indexStore.refresh(signal)
  await core.indexStore.checkPresence(signal)
  const rows = core.indexStore.index.packs.flatMap(({ row, state }) =>
    row === undefined || state === 'gone' ? [] : [row],
  )
  const data = rows.filter(({ kind }) => kind === packKind.data)
  return {
    points,
    damagedPoints,
    packs: rows.length,
    chunks: data.reduce((sum, { blobs }) => sum + blobs, 0),
    plainBytes: data.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
    storedBytes: rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    sessionsOpen: await openSessions(core, signal),
  }
}

async function openSessions({ objects }: Core, signal: AbortSignal | undefined): Promise<number> {
  const ids = new Set<string>()
  for await (const { key } of objects.list(sessionsPrefix, signal)) {
    const id = sessionIdOf(key)
    if (id !== undefined) ids.add(id)
  }
  let open = 0
  for (const id of ids) if ((await objects.size(pointKey(id), signal)) === undefined) open++
  return open
}
