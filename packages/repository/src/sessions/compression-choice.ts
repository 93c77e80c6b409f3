const rawInARowMax = 64
const tryOneIn = 8
const level = 1

/** Whether the next chunk of an image is worth compressing: after a long run that was not, only now and then one is tried. */
export class CompressionChoice {
  #rawInARow = 0
  #skipped = 0

  /** The zstd level to try, or 0 for none. */
  nextLevel(): number {
    if (this.#rawInARow < rawInARowMax || ++this.#skipped % tryOneIn === 0) return level
    return 0
  }

  /** What came of a try. */
  tried(compressed: boolean): void {
    this.#rawInARow = compressed ? 0 : this.#rawInARow + 1
  }
}
