import { createHash } from 'node:crypto'
import { FormatError, freeNow, hasCode } from '@vmkeep/kit'
import { isZero } from '@vmkeep/disk'
import { nonceBytes } from '../formats/aead.ts'
import { blobHeaderBytes, blobOverheadBytes, blobType, idBytes } from '../formats/blob.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import type { Parity, ParityLayout } from '../formats/parity.ts'
import type { BlobKeys } from '../keys/role-keys.ts'
import { ParityMaker } from '../parity/make-parity.ts'
import { idOf, openBlob, sealBlob } from './seal-blob.ts'

// The work that costs processor time, as data: a job goes to a thread, its bytes stay where they are in shared memory.

/** Bytes of the shared memory. */
export interface Region {
  readonly at: number
  readonly lengthBytes: number
}

export interface Jobs {
  /** Which chunks of a run are zeroes, and the ids of the others. */
  identify: {
    input: { readonly run: Region; readonly chunkSizeBytes: number; readonly domain?: string }
    /** 32 bytes per chunk; all zero for a chunk of zeroes. */
    output: { readonly ids: Uint8Array; readonly zeroes: Uint8Array }
  }
  /** Compresses and seals chunks. Each ciphertext replaces its plaintext in place: it is never longer. */
  seal: {
    input: { readonly chunks: readonly ChunkToSeal[]; readonly nonces: Uint8Array; readonly domain?: string }
    /** 80 bytes per chunk: header and tag. */
    output: { readonly frames: Uint8Array }
  }
  /** Opens and checks blobs. */
  open: {
    input: { readonly blobs: readonly BlobToOpen[] }
    /** What is wrong, by index into `blobs`. Empty: all is well. */
    output: { readonly wrong: readonly { readonly index: number; readonly reason: string }[] }
  }
  /** The parity of a pack. */
  parity: {
    input: { readonly pieces: readonly (Region | Uint8Array)[]; readonly layout: ParityLayout }
    output: Parity
  }
  /** SHA-256 of bytes one after the other. */
  hash: {
    input: { readonly pieces: readonly (Region | Uint8Array)[] }
    output: { readonly sha256: Uint8Array }
  }
}
export type JobKind = keyof Jobs

export interface ChunkToSeal {
  readonly run: Region
  readonly id: Uint8Array
  /** The zstd level to try, or 0 for none. */
  readonly level: number
  /** Try it only if a sample of the chunk compresses. */
  readonly sampleFirst?: boolean
}

export interface BlobToOpen {
  readonly blob: Region
  readonly id: Uint8Array
  /** Where the plaintext goes, if anywhere; it must be exactly as long. */
  readonly target?: Region
}

type Work = { [Kind in JobKind]: (input: Jobs[Kind]['input']) => Jobs[Kind]['output'] }

/** Every kind of job, working on `memory`. */
export function jobsOn(memory: ArrayBufferLike, keys: BlobKeys): Work {
  const bytesOf = ({ at, lengthBytes }: Region) => new Uint8Array(memory, at, lengthBytes)
  return {
    identify({ run, chunkSizeBytes, domain }) {
      const count = run.lengthBytes / chunkSizeBytes
      const [ids, zeroes] = [new Uint8Array(count * idBytes), new Uint8Array(count)]
      for (let i = 0; i < count; i++) {
        const chunk = bytesOf({ at: run.at + i * chunkSizeBytes, lengthBytes: chunkSizeBytes })
        if (isZero(chunk)) zeroes[i] = 1
        else ids.set(idOf(keys, blobType.chunk, chunk, domain), i * idBytes)
      }
      return { ids, zeroes }
    },

    seal({ chunks, nonces, domain = defaultDomain }) {
      const frames = new Uint8Array(chunks.length * blobOverheadBytes)
      chunks.forEach(({ run, id, level, sampleFirst = false }, i) => {
        const plain = bytesOf(run)
        const nonce = nonces.subarray(i * nonceBytes, (i + 1) * nonceBytes)
        const { header, ciphertext, tag } = sealBlob(keys, {
          type: blobType.chunk,
          id,
          plain,
          domain,
          level,
          sampleFirst,
          nonce,
        })
        plain.set(ciphertext)
        freeNow(ciphertext)
        frames.set(header, i * blobOverheadBytes)
        frames.set(tag, i * blobOverheadBytes + blobHeaderBytes)
      })
      return { frames }
    },

    open({ blobs }) {
      const wrong = blobs.flatMap(({ blob, id, target }, index) => {
        try {
          const plain = openBlob(keys, bytesOf(blob), { id })
          if (target !== undefined && plain.length !== target.lengthBytes)
            throw new FormatError(`it holds ${plain.length} bytes, not ${target.lengthBytes}`)
          if (target !== undefined) bytesOf(target).set(plain)
          freeNow(plain)
          return []
        } catch (error) {
          if (
            !(error instanceof FormatError) &&
            !hasCode(error, 'repository.domain-erased', 'repository.needs-data-keys')
          )
            throw error
          return [{ index, reason: (error as Error).message }]
        }
      })
      return { wrong }
    },

    parity({ pieces, layout }) {
      const maker = new ParityMaker(layout)
      for (const piece of pieces) maker.push(piece instanceof Uint8Array ? piece : bytesOf(piece))
      return maker.finish()
    },

    hash({ pieces }) {
      const hash = createHash('sha256')
      for (const piece of pieces) hash.update(piece instanceof Uint8Array ? piece : bytesOf(piece))
      return { sha256: hash.digest() }
    },
  }
}

export const regionOf = (bytes: Uint8Array): Region => ({ at: bytes.byteOffset, lengthBytes: bytes.byteLength })
