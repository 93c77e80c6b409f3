import { messageOf } from '@vmkeep/kit'
import type { VmPoint } from '@vmkeep/run'
import { attachTags, type ManagedObjectReference, type Session } from '@vmkeep/vsphere'

interface Restored {
  readonly session: Session
  readonly point: VmPoint
  readonly signal: AbortSignal
}

interface Warning {
  readonly code: string
  readonly message: string
}

/** Gives a new VM the custom attributes and tags of the old one. Nothing hangs on them, so what can't be given back is a warning. */
export async function giveBack(restored: Restored, vm: ManagedObjectReference): Promise<Warning[]> {
  return [...(await giveAttributes(restored, vm)), ...(await giveTags(restored, vm))]
}

async function giveAttributes({ session, point, signal }: Restored, vm: ManagedObjectReference): Promise<Warning[]> {
  const warnings: Warning[] = []
  for (const [key, value] of Object.entries(point.place.customValues))
    try {
      if (value !== '') await session.call('setCustomValue', { _this: vm, key, value }, { signal })
    } catch (error) {
      signal.throwIfAborted()
      const message = `its custom attribute "${key}" could not be given back: ${messageOf(error)}`
      warnings.push({ code: 'attribute-not-restored', message })
    }
  return warnings
}

async function giveTags({ session, point, signal }: Restored, vm: ManagedObjectReference): Promise<Warning[]> {
  const { tags = [] } = point.place
  const code = 'tag-not-restored'
  try {
    const failures = tags.length === 0 ? [] : await attachTags(session, vm, tags, signal)
    return failures.map(({ tag: { category, name }, why }) => ({
      code,
      message: `its tag "${name}" of category "${category}" could not be given back: ${why}`,
    }))
  } catch (error) {
    signal.throwIfAborted()
    const names = tags.map(({ category, name }) => `${category}:${name}`).join(', ')
    return [{ code, message: `its tags (${names}) could not be given back: ${messageOf(error)}` }]
  }
}
