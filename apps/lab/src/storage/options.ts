import type { Clock, Random } from '@vmkeep/kit'
import type { ChangeTrackingSettings, Faults } from './model.ts'

/** What `openLabStorage` takes: `openLabStorage(options): Promise<LabStorage>`. */
export interface LabStorageOptions {
  /** Where written pages go, in one sparse file that has no name. The system's temporary folder, if left out. */
  readonly folder?: string
  readonly random: Random
  readonly clock: Clock
  readonly faults?: Faults
  readonly changeTracking?: ChangeTrackingSettings
}
