/** What every scenario gets. */
export interface BenchContext {
  /** How large the sample disk is; a smaller one for a quick look. */
  readonly sizeBytes: number
  /** Of how many chunks the index of the scenario `scale` is. */
  readonly chunks: number
  /** Which phases of the scenario `scale` to do, one after the other: what it wrote then stays. Of `transports`: the ways whose names begin so. Empty: all, and nothing stays. */
  readonly phases: readonly string[]
  /** How often a race is run; of each number the best counts: a shared machine only ever makes things slower. */
  readonly rounds: number
  /** Where samples are kept from run to run, and work is done. Its disk is the one that is measured. */
  readonly folder: string
  /** Says what is going on. Never on stdout, which is the result's. */
  readonly say: (line: string) => void
}

/** One thing measured, of everybody who took part. */
export interface Metric {
  readonly name: string
  readonly unit: 's' | 'bytes' | 'MiB/s' | 'ms/GiB' | 'count' | 'ratio' | 'US$'
  /** By who was measured, `vmkeep` first. `null`: could not be measured here. */
  readonly values: Readonly<Record<string, number | null>>
}

export interface BenchResult {
  readonly name: string
  /** What was done and what must be known to read the numbers: conditions, versions, data. */
  readonly about: Readonly<Record<string, string | number>>
  readonly metrics: readonly Metric[]
}

export type Scenario = (context: BenchContext) => Promise<BenchResult>

/** vmkeep's value by each of the others': below 1 means less of it (time, memory, space). */
export function ratiosOf({ values }: Metric): Record<string, number> {
  const { vmkeep, ...others } = values
  if (typeof vmkeep !== 'number') return {}
  const known = Object.entries(others).filter(([, value]) => typeof value === 'number' && value > 0)
  return Object.fromEntries(known.map(([who, value]) => [who, rounded(vmkeep / value!)]))
}

/** Three digits say all that a run on a shared machine can say. */
export const rounded = (value: number): number => Number(value.toPrecision(3))
