import type { Core } from '../core.ts'
import { lockRecordPointOf, lockRecordsPrefix } from '../formats/object-names.ts'
import { createdAtMsOf } from '../formats/session-id.ts'

const dayMs = 86_400_000
/** A session lasts no longer, and what it wrote down says nothing more when locks made then have ended. */
const sessionDaysMax = 30
const generationDays = 30

/** Removes what is written down about locks that have ended, or for points that are no more. */
export async function removeRecords(core: Core, standing: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
  const { objects, clock } = core
  if (objects.lockRule === undefined) return
  const days = sessionDaysMax + generationDays + objects.lockRule.policy.days
  const old: string[] = []
  for await (const { key } of objects.list(lockRecordsPrefix, signal)) {
    const id = lockRecordPointOf(key)
    if (id === undefined) continue
    const ageDays = (clock.nowMs() - createdAtMsOf(id)) / dayMs
    if (ageDays > days || (ageDays > sessionDaysMax && !standing.has(id))) old.push(key)
  }
  await objects.deleteMany(old, signal)
}
