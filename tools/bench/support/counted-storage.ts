import type { Storage } from '@vmkeep/repository'

/** What S3 would have billed, by class, and the bytes of objects. */
export interface Counts {
  put: number
  get: number
  list: number
  head: number
  delete: number
  retries: number
  bytesUp: number
  bytesDown: number
}

const keysPerList = 1000
const keysPerDelete = 1000
export const noCounts = (): Counts => ({
  put: 0,
  get: 0,
  list: 0,
  head: 0,
  delete: 0,
  retries: 0,
  bytesUp: 0,
  bytesDown: 0,
})

/** Counts the calls of a storage as S3 would bill them: a list for each thousand keys, a deletion for each thousand objects. */
export function counted(inner: Storage): { readonly storage: Storage; readonly counts: Counts } {
  const counts = noCounts()
  const putNew: Storage['putNew'] = (key, bytes, signal) => {
    counts.put++
    counts.bytesUp += (bytes instanceof Uint8Array ? [bytes] : bytes).reduce((sum, { length }) => sum + length, 0)
    return inner.putNew(key, bytes, signal)
  }
  const storage: Storage = {
    name: inner.name,
    putNew,
    async get(...call) {
      counts.get++
      const found = await inner.get(...call)
      counts.bytesDown += found?.length ?? 0
      return found
    },
    async getRange(key, offsetBytes, target, signal) {
      counts.get++
      counts.bytesDown += target.length
      await inner.getRange(key, offsetBytes, target, signal)
    },
    async getSuffix(...call) {
      counts.get++
      const found = await inner.getSuffix(...call)
      counts.bytesDown += found?.bytes.length ?? 0
      return found
    },
    async *list(...call) {
      let keys = 0
      for await (const object of inner.list(...call)) {
        if (keys++ % keysPerList === 0) counts.list++
        yield object
      }
      if (keys === 0) counts.list++
    },
    size(...call) {
      counts.head++
      return inner.size(...call)
    },
    delete(...call) {
      counts.delete++
      return inner.delete(...call)
    },
    async deleteMany(keys, signal) {
      counts.delete += Math.ceil(keys.length / keysPerDelete)
      for (const key of keys) await inner.delete(key, signal)
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  return { storage, counts }
}
