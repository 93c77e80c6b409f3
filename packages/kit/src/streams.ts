export type Stage<In, Out> = (input: AsyncIterable<In>) => AsyncIterable<Out>

/**
 * Runs `work` on up to `concurrencyMax` items at once and yields the results in the order of the input.
 * When the consumer stops early or a step fails, work in flight is awaited before the stage ends.
 */
export function mapConcurrent<In, Out>(concurrencyMax: number, work: (item: In) => Promise<Out>): Stage<In, Out> {
  return async function* (input) {
    const running: Promise<Out>[] = []
    try {
      for await (const item of input) {
        const result = work(item)
        result.catch(() => {}) // awaited below; until then it must not count as unhandled
        running.push(result)
        if (running.length === concurrencyMax) yield await running.shift()!
      }
      while (running.length > 0) yield await running.shift()!
    } finally {
      await Promise.allSettled(running)
    }
  }
}

/** Runs `work` on every item, up to `concurrencyMax` at once, and returns when all are done. The first failure wins. */
export async function forEachConcurrent<In>(
  items: AsyncIterable<In> | Iterable<In>,
  concurrencyMax: number,
  work: (item: In) => Promise<void>,
): Promise<void> {
  const running: Promise<void>[] = []
  try {
    for await (const item of items) {
      const result = work(item)
      result.catch(() => {}) // awaited below; until then it must not count as unhandled
      running.push(result)
      if (running.length === concurrencyMax) await running.shift()
    }
    while (running.length > 0) await running.shift()
  } finally {
    await Promise.allSettled(running)
  }
}

/** Everything an async iterable yields. For tests and for lists known to be short. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
