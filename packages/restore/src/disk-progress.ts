import type { OnRunEvent } from '@vmkeep/run'

/** Tells how much of a disk is restored. Of the five sizes a restore knows what it reads from the repository; it stores nothing. */
export const diskProgress =
  (onEvent: OnRunEvent, about: { readonly vm: string; readonly disk: string }, capacityBytes: number) =>
  (doneBytes: number): void =>
    onEvent({
      type: 'disk-progress',
      ...about,
      totalBytes: capacityBytes,
      provisionedBytes: capacityBytes,
      changedBytes: capacityBytes,
      readBytes: doneBytes,
      sentBytes: 0,
      storedBytes: 0,
    })
