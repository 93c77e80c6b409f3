import { expect, it } from 'vitest'
import { fail } from '../errors.ts'
import { backUp, changedStorage, openTestRepository, reopenTestRepository } from '../testing.ts'

it('a read that was called off fails for the reason that was given, and not for the blob', async () => {
  const { repository, storage } = await openTestRepository()
  const point = await backUp(repository, {}, { notes: Buffer.from('some notes') })
  const controller = new AbortController()
  const interrupted = changedStorage(storage, {
    async getRange(_key, _offsetBytes, _target, signal) {
      controller.abort(fail('repository.session-fenced', { session: 'that of a repair' }))
      signal!.throwIfAborted()
    },
  })
  await using reader = await reopenTestRepository(interrupted)
  await expect(reader.readBlob(point.blobs['notes']!, controller.signal)).rejects.toMatchObject({
    code: 'repository.session-fenced',
  })
})
