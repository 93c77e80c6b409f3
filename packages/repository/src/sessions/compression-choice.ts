const rawInARowMax = 64

/** Whether the next chunk of an image is worth compressing: after a long run of such that were not, only if a sample of it is. */
export class CompressionChoice {
  #rawInARow = 0

  get isDoubtful(): boolean {
    return this.#rawInARow >= rawInARowMax
  }

  /** What became of a chunk. */
  tried(compressed: boolean): void {
    this.#rawInARow = compressed ? 0 : this.#rawInARow + 1
  }
}
