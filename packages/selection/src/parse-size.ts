const units: Readonly<Record<string, number>> = { '': 1, b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 }

/** `512MiB` or `1.5TiB` in bytes; `undefined` for anything else. Units of 1000 are not guessed at. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text) ?? []
  const bytes = units[unit.toLowerCase()]
  return number === undefined || bytes === undefined ? undefined : Math.round(Number(number) * bytes)
}
