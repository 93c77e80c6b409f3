// For tests: the bytes of docs/formats/repository.md §10, and how the page writes them.
import { readFileSync } from 'node:fs'
import type { Random } from '@vmkeep/kit'
import { roleKeys } from '../keys/role-keys.ts'
import { toHex } from './hex.ts'

export const all = (value: number, sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(value)

export const exampleKeys = {
  masterKey: all(0x11, 32),
  repositoryId: all(0x22, 16),
  roles: roleKeys(all(0x11, 32), all(0x22, 16)),
} as const
export const exampleSession = '019b76daa8000102030405060708090a'

/** "Random" bytes that are all `first` the first time, then all `first` + 1 … */
export function countingRandom(first: number): Random {
  let next = first
  return { bytes: (sizeBytes) => all(next++, sizeBytes), fraction: () => 0 }
}

const zeroesMin = 64

/** Hex, 48 bytes to a line; zeroes in a row, if many, are counted. */
export function written(bytes: Uint8Array): string {
  const hex = toHex(bytes)
  const lines: string[] = []
  for (const [part] of hex.matchAll(new RegExp(`(?:00){${zeroesMin},}|(?:(?!(?:00){${zeroesMin}})..)+`, 'g')))
    if (/^(?:00)+$/.test(part) && part.length >= 2 * zeroesMin) lines.push(`(${part.length / 2} zeroes)`)
    else lines.push(...part.match(/.{1,96}/g)!)
  return lines.join('\n  ')
}

/** The text block under a heading of the page. */
export function exampleBlock(heading: string): string {
  const page = readFileSync(new URL('../../../../docs/formats/repository.md', import.meta.url), 'utf8')
  return page.split(`\n${heading}`)[1]!.split('```text\n')[1]!.split('\n```')[0]!
}

/** What a block says: the bytes of each thing, by its title. */
export function exampleBytes(heading: string): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (const item of exampleBlock(heading).split(/\n(?! )/)) {
    const [title, ...lines] = item.split('\n  ')
    if (lines.every((line) => /^(?:[0-9a-f]{2})+$|^\(\d+ zeroes\)$/.test(line)))
      found.set(title!, Buffer.concat(lines.map(bytesOfLine)))
  }
  return found
}

function bytesOfLine(line: string): Uint8Array {
  const zeroes = /^\((\d+) zeroes\)$/.exec(line)
  return zeroes === null ? Buffer.from(line, 'hex') : new Uint8Array(Number(zeroes[1]))
}
