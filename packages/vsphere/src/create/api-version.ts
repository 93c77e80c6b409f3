/** Whether a server of API version `server` (`8.0.3.0`) knows what came with `since` (`7.0.1`). Missing parts count as zero. */
export function knows(server: string, since: string): boolean {
  const [have, need] = [partsOf(server), partsOf(since)]
  for (let i = 0; i < Math.max(have.length, need.length); i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

const partsOf = (version: string): number[] => version.split('.').map((part) => Number.parseInt(part, 10) || 0)
