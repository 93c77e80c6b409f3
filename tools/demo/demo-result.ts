export interface DemoRow {
  readonly step: string
  readonly vm: string
  readonly provisionedBytes: number
  readonly changedBytes: number
  readonly readBytes: number
  readonly sentBytes: number
  readonly storedBytes: number
  readonly seconds: number
}

/** Something that was looked at, and by whom. */
export interface DemoCheck {
  readonly what: string
  readonly by: string
  readonly ok: boolean
}

export interface DemoResult {
  readonly rows: readonly DemoRow[]
  readonly checks: readonly DemoCheck[]
  /** Bytes read for each byte that had to be sent. */
  readonly deduplication: number
  /** Bytes sent for each byte stored. */
  readonly compression: number
  readonly seconds: number
}
