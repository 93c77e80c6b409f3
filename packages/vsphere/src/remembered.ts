/** What has been asked for before is not asked for again. A failure is not remembered: whoever asks next asks again. */
export function remembered<T>(known: Map<string, Promise<T>>, id: string, ask: () => Promise<T>): Promise<T> {
  const found = known.get(id) ?? ask()
  known.set(id, found)
  found.catch(() => known.delete(id))
  return found
}
