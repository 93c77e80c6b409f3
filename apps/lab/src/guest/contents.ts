import { SeededBytes } from './seeded-bytes.ts'

/** `text` shrinks to a fifth, `binary` to half, `noise` not at all. */
export type ContentKind = 'text' | 'binary' | 'noise'

const pieceBytes = 1024 * 1024
const blockBytes = 2048

/** A file's content in pieces of up to 1 MiB. The same for the same seed. */
export function* contentOf(kind: ContentKind, seed: string, sizeBytes: number): Iterable<Buffer> {
  const bytes = new SeededBytes(`${kind}:${seed}`)
  const blocks = kind === 'text' ? textBlocks(bytes) : []
  for (let left = sizeBytes; left > 0; left -= pieceBytes) {
    const piece = pieceOf(kind, bytes, blocks)
    yield left < pieceBytes ? piece.subarray(0, left) : piece
  }
}

function pieceOf(kind: ContentKind, bytes: SeededBytes, blocks: readonly Buffer[]): Buffer {
  if (kind === 'noise') return bytes.take(pieceBytes)
  if (kind === 'text') return Buffer.concat(Array.from({ length: pieceBytes / blockBytes }, () => bytes.pick(blocks)))
  const piece = bytes.take(pieceBytes)
  for (let at = 0; at < pieceBytes; at += 1024) piece.fill(piece.subarray(at, at + 8), at, at + 512) // tables, in a program's way
  return piece
}

/** Lines as services write them, in blocks to be shuffled: no two files are the same, all are alike. */
function textBlocks(bytes: SeededBytes): Buffer[] {
  return Array.from({ length: 64 }, () => {
    let text = ''
    while (text.length < blockBytes) text += line(bytes)
    return Buffer.from(text.slice(0, blockBytes - 1) + '\n')
  })
}

function line(bytes: SeededBytes): string {
  const time = new Date(Date.UTC(2026, 0, 1) + bytes.below(2 ** 31)).toISOString()
  const level = bytes.pick(['info', 'info', 'info', 'warn', 'error'])
  const path = `/${bytes.pick(['api', 'static', 'health'])}/${bytes.pick(['orders', 'users', 'invoices'])}/${bytes.below(5000)}`
  return `${time} ${level} service=${bytes.pick(['shop', 'billing', 'mail'])} path=${path} status=${bytes.pick([200, 200, 304, 404, 500])} ms=${bytes.below(900)}\n`
}
