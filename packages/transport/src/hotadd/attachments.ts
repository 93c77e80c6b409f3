import type { AttachedDisk } from '@vmkeep/vsphere'

/** A disk on the machine we run on, as a journal must remember it to find it again, and to take it for nothing else. */
export interface Attachment extends AttachedDisk {
  /** The VM that it is attached to. */
  readonly proxy: { readonly ref: string; readonly name: string; readonly instanceUuid: string }
}

/** Remembers attached disks where a killed process does not forget them. A run's journal does it. */
export interface AttachmentLog {
  /** Durable when it resolves. @throws what makes it unusable: then nothing may be attached */
  intend(attachment: Attachment): Promise<AttachmentEntry>
}

export interface AttachmentEntry {
  /** It hangs nowhere any more. Does not fail: a line too many only makes the next start look. */
  gone(): Promise<void>
  /** It could not be taken off, so that the next start must, and somebody should hear of it. */
  left(error: unknown): void
}
