import type { Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { type Checkpoint, memoryFileNameOf } from './checkpoint.ts'
import type { DatastoreFile, SparseBytes } from './model.ts'
import { contentDigest } from './sparse-bytes.ts'
import type { VmFolder } from './vm-folder.ts'

/** What a suspended VM was doing: `vm-1a2b3c4d.vmss` and `.vmem` in its folder. Source: folders of ESXi VMs. Evidence: observed. */
export class Suspension {
  readonly #folder: VmFolder
  readonly #random: Random
  #fileName: string | undefined

  constructor(folder: VmFolder, random: Random) {
    this.#folder = folder
    this.#random = random
  }

  get fileName(): string | undefined {
    return this.#fileName
  }

  /** The memory in its file, whoever may have changed that since. */
  get memory(): SparseBytes | undefined {
    return this.#fileName === undefined ? undefined : this.#folder.bytesOf(memoryFileNameOf(this.#fileName))
  }

  /** Takes the place of what was there before. @throws `lab.no-space` */
  async write(checkpoint: Checkpoint, memory: SparseBytes): Promise<void> {
    const fileName = this.#folder.suspendFileName(Buffer.from(this.#random.bytes(4)).toString('hex'))
    await this.#folder.writeCheckpoint(fileName, checkpoint, memory)
    this.discard()
    this.#fileName = fileName
  }

  /**
   * A snapshot's state as the VM's own, so that it outlives the snapshot. That it is copied, and that a .vmem which is missing
   * or too short is noticed before anything is changed: inferred.
   *
   * @throws `lab.file-not-found`, `lab.memory-cut-short`, `lab.bad-checkpoint`, `lab.no-space`
   */
  async copyFrom(fileName: string, checkpoint: Checkpoint): Promise<void> {
    await using memory = this.#openMemory(fileName, checkpoint)
    await this.write(checkpoint, memory)
  }

  /** Takes up what was left by a VM that was unregistered while it was suspended. */
  adopt(fileName: string): void {
    this.#fileName = fileName
  }

  /**
   * The memory to go on with, if it is the one that was saved, and of these disks. Dispose it.
   *
   * A real host would not notice all of that, and the guest would damage its file systems; how it says what it notices is inferred.
   *
   * @throws `lab.memory-mismatch`, and as {@link copyFrom}
   */
  async open(digests: () => Promise<Checkpoint['disks']>): Promise<DatastoreFile> {
    const fileName = this.#fileName ?? ''
    const checkpoint = await this.#folder.readCheckpoint(fileName)
    const memory = this.#openMemory(fileName, checkpoint)
    const why = await mismatch(checkpoint, memory, await digests())
    if (why === undefined) return memory
    await memory[Symbol.asyncDispose]()
    throw fail('lab.memory-mismatch', { path: this.#folder.fullNameOf(fileName), why })
  }

  discard(): void {
    if (this.#fileName !== undefined) this.#folder.remove([this.#fileName, memoryFileNameOf(this.#fileName)])
    this.#fileName = undefined
  }

  #openMemory(fileName: string, checkpoint: Checkpoint): DatastoreFile {
    const expectedBytes = checkpoint.memory?.sizeBytes
    if (expectedBytes === undefined) throw fail('lab.bad-checkpoint', { path: this.#folder.fullNameOf(fileName) })
    const memory = this.#folder.open(memoryFileNameOf(fileName))
    if (memory.sizeBytes === expectedBytes) return memory
    const path = this.#folder.fullNameOf(memoryFileNameOf(fileName))
    void memory[Symbol.asyncDispose]()
    throw fail('lab.memory-cut-short', { path, sizeBytes: memory.sizeBytes, expectedBytes })
  }
}

async function mismatch(
  checkpoint: Checkpoint,
  memory: SparseBytes,
  disks: Checkpoint['disks'],
): Promise<string | undefined> {
  if ((await contentDigest(memory)) !== checkpoint.memory?.digest) return 'the memory is not what was saved'
  const now = new Map(disks.map(({ node, digest }) => [node, digest]))
  const other = checkpoint.disks.find(({ node, digest }) => now.get(node) !== digest)
  if (other !== undefined) return `disk ${other.node} is not what it was when the memory was saved`
  return disks.length === checkpoint.disks.length ? undefined : 'there are more disks than when the memory was saved'
}
