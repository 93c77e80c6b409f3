import { messageOf } from '@vmkeep/kit'
import type { VmPoint } from '@vmkeep/run'
import type { ManagedObjectReference, Session } from '@vmkeep/vsphere'

interface Restored {
  readonly session: Session
  readonly point: VmPoint
  readonly signal: AbortSignal
}

interface Warning {
  readonly code: string
  readonly message: string
}

/** Gives a new VM the custom attributes of the old one, by name. Nothing hangs on them, so what can't be given back is a warning. */
export async function giveBack({ session, point, signal }: Restored, vm: ManagedObjectReference): Promise<Warning[]> {
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
