import { hasCode, messageOf } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import type { Messages } from '../output/messages.ts'

/**
 * Keeps a collection from taking a restore point away while it is read; disposing lets it go. Where nothing can be written the point is read all the
 * same: it could only go if it was forgotten a week ago.
 *
 * @throws `repository.point-buried`
 */
export async function holdPoint(
  repository: Pick<Repository, 'holdPoint'>,
  pointId: string,
  say: Pick<Messages, 'detail'>,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  try {
    return await repository.holdPoint(pointId, signal)
  } catch (error) {
    if (!hasCode(error, 'storage.read-only', 'storage.no-permission', 'storage.full')) throw error
    say.detail(
      `the restore point cannot be held, because nothing can be written to the repository: ${messageOf(error)}`,
    )
    return { async [Symbol.asyncDispose]() {} }
  }
}
