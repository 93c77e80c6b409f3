// How numbers are written for people. Machines get integers of bytes and RFC 3339.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** Binary sizes with three significant digits: `512 B`, `1.5 GiB`, `12.4 GiB`, `128 MiB`. */
export function size(bytes: number): string {
  let unit = 0
  let value = bytes
  while (Math.abs(value) >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit > 0 && Math.abs(value) < 99.95 ? 1 : 0
  return `${value.toFixed(digits).replace('.0', '')} ${units[unit]}`
}

export function speed(bytesPerSecond: number): string {
  return `${size(Math.round(bytesPerSecond))}/s`
}

/** `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`: the two largest units. */
export function length(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first < 0) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}

/** `just now`, `14 min ago`, `in 46 min`, `3 d ago`; the largest unit only. */
export function relativeTime(time: string | number | Date, nowMs: number): string {
  const ms = new Date(time).getTime() - nowMs
  const distance = length(Math.abs(ms)).split(' ').slice(0, 2).join(' ')
  if (Math.abs(ms) < 1000) return 'just now'
  return ms < 0 ? `${distance} ago` : `in ${distance}`
}

/** UTC to the second, readable and sortable: `2026-08-20 14:05:09Z`. */
export function time(at: string | number | Date): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}

/** `1 disk`, `3 disks`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`
}

export function percentOf(part: number, whole: number): string {
  if (whole === 0) return '100 %'
  return `${Math.floor((part / whole) * 100)} %`
}
