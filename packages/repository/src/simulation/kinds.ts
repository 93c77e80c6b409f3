// Kinds of schedules, by seed, so that everybody can tell how many there are of each.

/** `plain`: one repository. `copies`: a second one is kept up to date. `repairs`: a chunk is damaged before anything begins. */
export type Work = 'plain' | 'copies' | 'repairs'

export interface Kind {
  readonly work: Work
  /** Whether processes fold the index, some of them all the time. */
  readonly folds: boolean
  /** Whether everything is forgotten in the end, and nothing may be left. */
  readonly empties: boolean
}

/** Of 24 schedules 18 are plain, 3 copy and 3 repair; 8 fold, some of every work; every fifth is emptied. */
export const kindOf = (seed: number): Kind => ({
  work: seed % 8 === 3 ? 'copies' : seed % 8 === 7 ? 'repairs' : 'plain',
  folds: seed % 3 === 0,
  empties: seed % 5 === 0,
})
