/** An index object on this machine, read at once: a look-up cannot wait. */
export interface IndexFile {
  readonly sizeBytes: number
  /** Fills the whole of `target`. */
  read(offsetBytes: number, target: Uint8Array): void
}

/** Where copies of segments and pack tables lie on this machine, by name. They can be fetched again at any time. */
export interface IndexCache {
  open(name: string): IndexFile | undefined
  /** @throws `repository.index-cache-full` */
  add(name: string, pieces: readonly Uint8Array[]): Promise<IndexFile>
  /** Forgets a copy that is damaged. */
  remove(name: string): void
  /** Says what is in use: the rest may go. @throws `repository.index-cache-too-small` if this is more than there may be */
  expect(names: ReadonlySet<string>, totalBytes: number): Promise<void>
  /** What lies there now. */
  sizeBytes(): Promise<number>
}

/** Copies in memory: for tests, and where there is no folder. */
export function memoryIndexCache(): IndexCache {
  const files = new Map<string, Uint8Array>()
  const open = (name: string): IndexFile | undefined => {
    const bytes = files.get(name)
    return bytes && inMemory(bytes)
  }
  return {
    open,
    async add(name, pieces) {
      files.set(name, Buffer.concat(pieces))
      return open(name)!
    },
    remove: (name) => void files.delete(name),
    async expect(names) {
      for (const name of files.keys()) if (!names.has(name)) files.delete(name)
    },
    sizeBytes: async () => [...files.values()].reduce((sum, { length }) => sum + length, 0),
  }
}

/** Bytes as a file. */
export const inMemory = (bytes: Uint8Array): IndexFile => ({
  sizeBytes: bytes.length,
  read: (offsetBytes, target) => target.set(bytes.subarray(offsetBytes, offsetBytes + target.length)),
})
