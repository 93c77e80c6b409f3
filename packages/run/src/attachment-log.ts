import { messageOf } from '@vmkeep/kit'
import { fail } from './errors.ts'
import type { OnRunEvent } from './events.ts'
import type { Journal, LeftAttachment, Leftover } from './journal.ts'

/** Whose disks are attached, and to whom is told what stays attached. */
export interface AttachmentLogOwner extends Pick<Leftover, 'endpointId' | 'vmName' | 'vmRef' | 'marker'> {
  readonly journal: Journal
  readonly onEvent: OnRunEvent
}

/** A disk of a VM that is attached to the machine we run on, or about to be. */
export interface LoggedAttachment {
  /** It hangs there no more. Does not fail. */
  gone(): Promise<void>
  /** It could not be taken off: somebody is told, and the next start tries. */
  left(error: unknown): void
}

/** A run's journal as what remembers the disks of a VM that are attached to the machine we run on. */
export function attachmentLog(owner: AttachmentLogOwner): {
  intend(attachment: LeftAttachment): Promise<LoggedAttachment>
} {
  const { journal, onEvent, endpointId, vmName, vmRef, marker } = owner
  const note = (message: string, code: string) => onEvent({ type: 'note', level: 'error', vm: vmName, message, code })
  const left = ({ path, proxy }: LeftAttachment, error: unknown): void => {
    const { message } = fail('run.disk-not-detached', { vm: vmName, disk: path, proxy: proxy.name })
    note(`${message}: ${messageOf(error)}`, 'run.disk-not-detached')
  }
  return {
    intend: async (attachment) => {
      const where = { endpointId, vmName, marker, ...(vmRef === undefined ? {} : { vmRef }) }
      const entry = await journal.intend({ kind: 'disk', ...where, attachment })
      return {
        // Done is done: a journal that can't take this line makes the next start look for a disk that is gone.
        gone: (): Promise<void> => entry.gone().catch((error: unknown) => note(messageOf(error), 'run.state-unusable')),
        left: (error: unknown): void => left(attachment, error),
      }
    },
  }
}
