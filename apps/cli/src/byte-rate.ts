const unitBytes: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** `50MiB/s`, `50M` → bytes a second; `undefined` if it is no rate. */
export function bytesPerSecondOf(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([KMG]?)(?:iB|B)?(?:\/s)?$/i.exec(text) ?? []
  const rate = Number(amount) * (unitBytes[unit?.toUpperCase() ?? ''] ?? Number.NaN)
  return rate >= 1 ? rate : undefined
}
