import { errorFromData } from '@vmkeep/kit'
import type { SyncReport } from '@vmkeep/repository'
import { exitOf } from '../exit-of.ts'
import type { ExitName } from '../exits.ts'

export const syncFailures = ['failed', 'conflict', 'precondition', 'notSignedIn'] as const
type Failure = (typeof syncFailures)[number]

/** All there is ok. Something that could not be copied is partial; nothing copied at all is the cause's own code. */
export function exitOfSync({ points }: SyncReport): 'ok' | 'partial' | Failure {
  const troubled = points.filter(({ error }) => error !== undefined)
  if (troubled.length === 0) return 'ok'
  const failure = points.find(({ outcome }) => outcome === 'failed')
  if (failure === undefined || points.some(({ outcome }) => outcome === 'copied')) return 'partial'
  const exit = exitOf(errorFromData(failure.error!))
  return isFailure(exit) ? exit : 'failed'
}

const isFailure = (exit: ExitName): exit is Failure => syncFailures.some((failure) => failure === exit)
