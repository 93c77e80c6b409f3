import { SeededBytes } from './seeded-bytes.ts'

/** `text` shrinks to a fifth, `binary` to half, `noise` not at all. */
export type ContentKind = 'text' | 'binary' | 'noise'

const pieceBytes = 1024 * 1024
const blockBytes = 2048

/** A file's content in pieces of up to 1 MiB. The same for the same seed. */
export function* contentOf(kind: ContentKind, seed: string, sizeBytes: number): Iterable<Buffer> {
  const bytes = new SeededBytes(`${kind}:${seed}`)
  for (let left = sizeBytes; left > 0; left -= pieceBytes) yield pieceOf(kind, bytes, Math.min(left, pieceBytes))
}

function pieceOf(kind: ContentKind, bytes: SeededBytes, sizeBytes: number): Buffer {
  if (kind === 'text') return text(bytes, sizeBytes)
  const piece = bytes.take(sizeBytes)
  if (kind === 'binary') fillTables(piece)
  return piece
}

/** Half of it repeats, as tables of a program do. */
function fillTables(piece: Buffer): void {
  for (let at = 0; at + 8 < piece.length; at += 1024)
    piece.fill(Buffer.from(piece.subarray(at, at + 8)), at, Math.min(at + 512, piece.length))
}

function text(bytes: SeededBytes, sizeBytes: number): Buffer {
  textBlocks ??= makeTextBlocks()
  const blocks: Buffer[] = []
  for (let left = sizeBytes; left > 0; left -= blockBytes) blocks.push(bytes.pick(textBlocks))
  return Buffer.concat(blocks, sizeBytes)
}

/** Lines as services write them, in blocks to be shuffled: no two files are the same, all are alike. */
let textBlocks: readonly Buffer[] | undefined

function makeTextBlocks(): Buffer[] {
  const bytes = new SeededBytes('lines')
  return Array.from({ length: 256 }, () => {
    let lines = ''
    while (lines.length < blockBytes) lines += line(bytes)
    return Buffer.from(`${lines.slice(0, blockBytes - 1)}\n`)
  })
}

function line(bytes: SeededBytes): string {
  const time = new Date(Date.UTC(2026, 0, 1) + bytes.below(2 ** 31)).toISOString()
  const level = bytes.pick(['info', 'info', 'info', 'warn', 'error'])
  const path = `/${bytes.pick(['api', 'static', 'health'])}/${bytes.pick(['orders', 'users', 'invoices'])}/${bytes.below(5000)}`
  return `${time} ${level} service=${bytes.pick(['shop', 'billing', 'mail'])} path=${path} status=${bytes.pick([200, 200, 304, 404, 500])} ms=${bytes.below(900)}\n`
}
