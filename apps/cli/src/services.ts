import type { Repository } from '@vmkeep/repository'
import type { Session } from '@vmkeep/vsphere'
import type { LoadedConfig } from './config/load-config.ts'

/** What a command may name in `needs`: opened before it runs, closed after it. */
export interface Services {
  readonly config: LoadedConfig
  /** The configured repository, unlocked. */
  readonly repository: Repository
  /** The same, for a command that can also do without: `undefined` if none is configured. */
  readonly repositoryIfAny: Repository | undefined
  /** Opens the repository, for a command that goes on if it cannot. Closed with the others, or before by the command. */
  readonly openRepository: () => Promise<Repository>
  /** A session with the chosen vCenter or ESXi host. */
  readonly session: Session
  /** Opens such a session, for a command that may not need it. Closed with the others. */
  readonly openSession: () => Promise<Session>
}

/** The order they are opened in: what fails cheaply comes first. */
export const serviceOrder = [
  'config',
  'repository',
  'repositoryIfAny',
  'openRepository',
  'openSession',
  'session',
] as const satisfies readonly (keyof Services)[]
