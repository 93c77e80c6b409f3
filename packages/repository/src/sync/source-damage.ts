import { AppError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { PageSource } from '../map/map-difference.ts'

/** Has what is damaged in the source told apart from what is wrong elsewhere, or may pass. @throws `repository.copy-damaged` */
export async function fromSource<T>(pointId: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof AppError) || error.remedy !== 'quarantine') throw error
    throw fail('repository.copy-damaged', { point: pointId, reason: error.message }, error)
  }
}

/** The pages of the source of a copy. */
export const sourcePages = (pages: PageSource, pointId: string): PageSource => ({
  read: (...place) => fromSource(pointId, () => pages.read(...place)),
})
