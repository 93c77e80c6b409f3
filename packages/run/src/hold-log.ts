import { messageOf } from '@vmkeep/kit'
import type { AttachmentLogOwner } from './attachment-log.ts'
import { fail } from './errors.ts'
import type { LeftHold } from './journal.ts'

/** A VM that is kept from being moved, or about to be. */
export interface LoggedHold {
  /** It may be moved again. Does not fail. */
  gone(): Promise<void>
  /** It may not: somebody is told, and the next start tries. Gives what it told. */
  left(error: unknown): Error
}

/** A run's journal as what remembers that a VM is kept in its place. */
export function holdLog({ journal, onEvent, endpointId, vmName, vmRef, marker }: AttachmentLogOwner): {
  intend(hold: LeftHold): Promise<LoggedHold>
} {
  const note = (message: string, code: string) => onEvent({ type: 'note', level: 'error', vm: vmName, message, code })
  return {
    intend: async (hold) => {
      const where = { endpointId, vmName, marker, ...(vmRef === undefined ? {} : { vmRef }) }
      const entry = await journal.intend({ kind: 'hold', ...where, hold })
      return {
        // Done is done: a journal that can't take this line makes the next start look at a VM that is free.
        gone: () => entry.gone().catch((error: unknown) => note(messageOf(error), 'run.state-unusable')),
        left: (error) => {
          const { identity, library } = hold
          const about = { vm: vmName, journal: journal.path, identity, library }
          const held = fail('run.vm-held', { ...about, why: messageOf(error) }, error)
          note(held.message, 'run.vm-held')
          return held
        },
      }
    },
  }
}
