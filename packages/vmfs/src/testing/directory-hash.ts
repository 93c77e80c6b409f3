// Where a name stands in the hash table of a folder of VMFS 6. Readers may use the table; ours looks at every entry.
// Source: Bob Jenkins, lookup8.c (public domain), with what dissect.util 3 documents of the host's variant. Evidence: observed: dissect.vmfs
// finds our names by it.

const mask = (1n << 64n) - 1n
const salt = Buffer.from([0x17, 0xb0, 0x61, 0x8e, 0xc2, 0x75, 0x9a, 0x73])
const entriesMax = 16_001
const rootEntriesMax = entriesMax - 28
const systemNames = ['.fbb.sf', '.fdc.sf', '.pbc.sf', '.sbc.sf', '.vh.sf', '.pb2.sf', '.sdd.sf', '.jbc.sf']

export interface NameHash {
  /** Which entry of the table. */
  readonly index: number
  readonly link: number
}

export function hashOfName(name: string, isRoot: boolean): NameHash {
  const system = isRoot ? systemNames.indexOf(name) : -1
  if (system >= 0) return { index: 0x3e66 + system, link: 0x3e66 + system }
  const bytes = Buffer.from(name)
  const key = Buffer.alloc(256)
  key.set(bytes)
  for (let at = (bytes.length + 8) & 0xfff8; at < 127; at += 8) key.set(salt, at)
  const hash = hashOfQuads(key, 42n)
  return { index: Number(hash % BigInt(isRoot ? rootEntriesMax : entriesMax)), link: Number((hash >> 16n) & 0xffffn) }
}

function hashOfQuads(key: Buffer, level: bigint): bigint {
  const quads = Array.from({ length: key.length / 8 }, (_, i) => key.readBigUInt64LE(i * 8))
  let [a, b, c] = [level, level, 0x9e37_79b9_7f4a_7c13n]
  let at = 0
  for (; quads.length - at > 2; at += 3) [a, b, c] = mix(a + quads[at]!, b + quads[at + 1]!, c + quads[at + 2]!)
  return mix(a + (quads[at] ?? 0n), b + (quads[at + 1] ?? 0n), c + BigInt(quads.length))[2]
}

function mix(a: bigint, b: bigint, c: bigint): [bigint, bigint, bigint] {
  ;[a, b, c] = [a & mask, b & mask, c & mask]
  for (const [first, second, third] of [
    [43n, 9n, 8n],
    [38n, 23n, 5n],
    [35n, 49n, 11n],
    [12n, 18n, 22n],
  ] as const) {
    a = ((a - b - c) & mask) ^ (c >> first)
    b = ((b - c - a) & mask) ^ ((a << second) & mask)
    c = ((c - a - b) & mask) ^ (b >> third)
  }
  return [a, b, c]
}
