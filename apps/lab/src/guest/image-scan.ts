import { type FileHandle, open } from 'node:fs/promises'
import { type Extent, isZero } from '@vmkeep/disk'
import { runTool } from './run-tool.ts'

const pageBytes = 64 * 1024
const pieceBytes = 1024 * 1024

export interface ImageScan {
  /** Everything that is not zero, in pages of 64 KiB. */
  readonly data: readonly Extent[]
  /** Blocks that begin with the magic. */
  readonly marked: readonly Extent[]
}

/** Reads an image once, where it may hold anything, and notes what is there. */
export async function scanImage(
  path: string,
  magic: Buffer,
  blockBytes: number,
  signal?: AbortSignal,
): Promise<ImageScan> {
  await using file = await open(path)
  const [data, marked]: [Extent[], Extent[]] = [[], []]
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  for (const at of piecesOf(await storedRuns(path, file))) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(piece, 0, pieceBytes, at)
    for (let page = 0; page < bytesRead; page += pageBytes) {
      const bytes = piece.subarray(page, Math.min(page + pageBytes, bytesRead))
      if (isZero(bytes)) continue
      append(data, at + page, bytes.length)
      for (let block = 0; block < bytes.length; block += blockBytes)
        if (magic.compare(bytes, block, block + magic.length) === 0) append(marked, at + page + block, blockBytes)
    }
  }
  return { data, marked }
}

/**
 * The runs of a sparse file that are stored, or all of it where the file system can't say.
 * Node has no SEEK_DATA, and reading the holes of a big image takes longer than making it.
 */
async function storedRuns(path: string, file: FileHandle): Promise<Extent[]> {
  const { size } = await file.stat()
  const whole = [{ offsetBytes: 0, lengthBytes: size }]
  const text = await runTool('filefrag', ['-e', '-s', '-b4096', path], { package: 'e2fsprogs' }).catch(() => '')
  const rows = [...text.matchAll(/^ *\d+: *(\d+)\.\. *(\d+):/gm)]
  if (rows.length === 0) return whole
  return rows.map(([, first, last]) => ({
    offsetBytes: Number(first) * 4096,
    lengthBytes: (Number(last) - Number(first) + 1) * 4096,
  }))
}

/** Offsets of the pieces that hold these runs, ascending, each once. */
function* piecesOf(runs: readonly Extent[]): Iterable<number> {
  let next = 0
  for (const { offsetBytes, lengthBytes } of runs) {
    const first = Math.max(next, Math.floor(offsetBytes / pieceBytes) * pieceBytes)
    for (next = first; next < offsetBytes + lengthBytes; next += pieceBytes) yield next
  }
}

function append(extents: Extent[], offsetBytes: number, lengthBytes: number): void {
  const last = extents.at(-1)
  if (last !== undefined && last.offsetBytes + last.lengthBytes === offsetBytes)
    extents[extents.length - 1] = { ...last, lengthBytes: last.lengthBytes + lengthBytes }
  else extents.push({ offsetBytes, lengthBytes })
}
