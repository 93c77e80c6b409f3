import { type ErrorData, errorToData } from '@vmkeep/kit'
import type { Repository, RestorePoint, SyncedPoint } from '@vmkeep/repository'
import type { OnRunEvent } from '@vmkeep/run'
import type { LoadedConfig } from '../config/load-config.ts'
import type { OpeningContext } from '../open-repository.ts'
import { openRepositoryNamed } from '../open-repository-named.ts'
import { rateTo } from './rate-to.ts'
import { tellSyncProgress } from './tell-progress.ts'

/** What became of the copies in one further repository. */
export interface CopyReport {
  /** Its name in the config, or its path. */
  readonly repository: string
  /** `partial`: some points are there now, and some are not. */
  readonly outcome: 'ok' | 'partial' | 'failed'
  readonly points: readonly SyncedPoint[]
  readonly error?: ErrorData
}

/** Repositories that new points are copied to. One that cannot be opened is reported when the copies are made, not before. */
export class CopyTargets implements AsyncDisposable {
  readonly #loaded: LoadedConfig
  readonly #signal: AbortSignal
  readonly #opened: { readonly name: string; readonly opening: PromiseSettledResult<Repository> }[] = []

  private constructor(loaded: LoadedConfig, signal: AbortSignal) {
    this.#loaded = loaded
    this.#signal = signal
  }

  /** Opened before the backup, so that a key is asked for while somebody is there. */
  static async open(loaded: LoadedConfig, names: readonly string[], context: OpeningContext): Promise<CopyTargets> {
    const targets = new CopyTargets(loaded, context.signal)
    for (const name of names) {
      const [opening] = await Promise.allSettled([openRepositoryNamed(loaded, name, context)])
      targets.#opened.push({ name, opening })
    }
    return targets
  }

  /** Copies new points, and of their VMs what earlier copies have missed. Never throws: the backup is good without it. */
  async copy(from: Repository, newPoints: readonly string[], onEvent: OnRunEvent): Promise<CopyReport[]> {
    const reports: CopyReport[] = []
    for (const { name: repository, opening } of this.#opened)
      try {
        if (opening.status === 'rejected') throw opening.reason
        const points = await this.#copyTo(opening.value, { repository, from, newPoints, onEvent })
        const error = points.find((point) => point.error !== undefined)?.error
        const some = points.some(({ outcome }) => outcome === 'copied')
        const outcome = error === undefined ? 'ok' : some ? 'partial' : 'failed'
        reports.push({ repository, outcome, points, ...(error === undefined ? {} : { error }) })
      } catch (error) {
        reports.push({ repository, outcome: 'failed', points: [], error: errorToData(error) })
      }
    return reports
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { opening } of this.#opened)
      if (opening.status === 'fulfilled') await opening.value[Symbol.asyncDispose]()
  }

  async #copyTo(to: Repository, { repository, from, newPoints, onEvent }: Copying): Promise<readonly SyncedPoint[]> {
    const telling = tellSyncProgress(onEvent, `copy to ${repository}`)
    try {
      const points = await pointsMissing(from, to, newPoints, this.#signal)
      const { onProgress } = telling
      const report = await to.syncFrom(from, {
        points,
        onProgress,
        signal: this.#signal,
        ...rateTo(this.#loaded, repository),
      })
      return report.points
    } finally {
      telling.end()
    }
  }
}

interface Copying {
  readonly repository: string
  readonly from: Repository
  readonly newPoints: readonly string[]
  readonly onEvent: OnRunEvent
}

/** The new points, and those of the same VMs that are newer than the newest copy: a copy that failed yesterday is made up for. */
async function pointsMissing(
  from: Repository,
  to: Repository,
  newPoints: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const whole = await wholePoints(from, signal)
  const subjects = new Set(whole.flatMap(({ id, subject }) => (newPoints.includes(id) ? [subject.id] : [])))
  const newest = new Map((await wholePoints(to, signal)).map(({ subject, createdAt }) => [subject.id, createdAt]))
  const isMissed = ({ subject, createdAt }: RestorePoint) =>
    subjects.has(subject.id) && newest.has(subject.id) && createdAt > newest.get(subject.id)!
  return whole.flatMap((point) => (newPoints.includes(point.id) || isMissed(point) ? [point.id] : []))
}

async function wholePoints(repository: Repository, signal: AbortSignal): Promise<RestorePoint[]> {
  const points: RestorePoint[] = []
  for await (const point of repository.points(signal)) if (point.damaged === undefined) points.push(point)
  return points
}
