// The text of a .vmx: `key = "value"` lines, where values escape what would end them.

/** Text of a vmx; entries in the order given, after the encoding line. */
export function vmxText(entries: Iterable<readonly [key: string, value: string]>): string {
  const lines = [...entries].filter(([key]) => key !== '.encoding').map(([key, value]) => `${key} = "${escape(value)}"`)
  return ['.encoding = "UTF-8"', ...lines, ''].join('\n')
}

/** Keys as written, without the encoding line. Lines that are no entry are left out, as ESXi does. */
export function parseVmx(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#=\s"]+)\s*=\s*"([^"]*)"\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined && key !== '.encoding') entries.set(key, unescape(value))
  }
  return entries
}

/** Source: .vmx files: `|22` stands for a quotation mark, `|0A` for a new line, `|7C` for a bar. Evidence: observed. */
const escape = (value: string) =>
  value.replaceAll(/[|"\n\r\t]/g, (c) => `|${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

const unescape = (value: string) =>
  value.replaceAll(/\|([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
