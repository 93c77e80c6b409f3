// A VM whose disks are just being overwritten says so itself: in its settings for programs, in its notes for people. What a killed
// restore leaves is then seen from everywhere, not only by the machine that did it, until another restore has come to its end.
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { AnyOf, ManagedObjectReference } from '../types/index.ts'

type ExtraConfig = readonly AnyOf<'OptionValue'>[]

const key = 'vmkeep.inPlace'
/** Set once restores to different points have each begun and not finished. */
const mixedKey = 'vmkeep.inPlaceMixed'

/** The note that people read. The line is taken away by its exact text, whatever else they write around it. */
const noteOf = (point: string) =>
  `vmkeep: DO NOT START. The disks are being restored to restore point ${point}; until that has finished they hold parts of two moments.`

/** The restore point that an unfinished restore in place was bringing back, if there is such a restore. Pure. */
export function unfinishedRestoreOf(
  config: { readonly extraConfig?: ExtraConfig | undefined } | undefined,
): string | undefined {
  return valueOf(config?.extraConfig, key)
}

/**
 * Whether whatever was begun and not finished was a restore to this one point. Then all it may have written lies where that point differs from what was there, and
 * change tracking, which does not see these writes, still tells of every such place. Pure.
 */
export function isUnfinishedOnlyOf(
  config: { readonly extraConfig?: ExtraConfig | undefined } | undefined,
  point: string,
): boolean {
  return unfinishedRestoreOf(config) === point && valueOf(config?.extraConfig, mixedKey) === undefined
}

function valueOf(options: ExtraConfig | undefined, name: string): string | undefined {
  const value = options?.find((option) => option.key === name)?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Says on the VM that its disks are about to be overwritten. Nothing may be written before this resolves. */
export async function markUnfinished(
  session: Session,
  vm: ManagedObjectReference,
  point: string,
  signal?: AbortSignal,
): Promise<void> {
  const { annotation, before, isMixed } = await readMark(session, vm, signal)
  const kept = before === undefined ? annotation : without(annotation, before)
  const note = kept === '' ? noteOf(point) : `${noteOf(point)}\n${kept}`
  const mixed = isMixed || (before !== undefined && before !== point) ? 'true' : ''
  await write(session, vm, { point, mixed, annotation: note }, signal)
}

/** Takes the mark away: every disk is whole again, or nothing was written. Notes that people made meanwhile stay. */
export async function clearUnfinished(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<void> {
  const { annotation, before } = await readMark(session, vm, signal)
  if (before !== undefined)
    await write(session, vm, { point: '', mixed: '', annotation: without(annotation, before) }, signal)
}

async function readMark(session: Session, vm: ManagedObjectReference, signal: AbortSignal | undefined) {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['config.extraConfig', 'config.annotation'] } as const
  const found = await readProperties(session, request, signal)
  const options = found['config.extraConfig']
  const isMixed = valueOf(options, mixedKey) !== undefined
  return { annotation: found['config.annotation'] ?? '', before: valueOf(options, key), isMixed }
}

async function write(
  session: Session,
  vm: ManagedObjectReference,
  { point, mixed, annotation }: { readonly point: string; readonly mixed: string; readonly annotation: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  // An option is deleted by giving it an empty value.
  // Source: vSphere Web Services API, VirtualMachineConfigSpec.extraConfig. Evidence: documented.
  const extraConfig = [
    { $type: 'OptionValue', key, value: point },
    { $type: 'OptionValue', key: mixedKey, value: mixed },
  ] as const
  const task = await session.call('ReconfigVM_Task', { _this: vm, spec: { annotation, extraConfig } }, { signal })
  await waitForTask(session, task, { signal })
}

function without(annotation: string, point: string): string {
  const note = noteOf(point)
  return annotation
    .split('\n')
    .filter((line) => line.trimEnd() !== note)
    .join('\n')
}
