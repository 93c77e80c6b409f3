import type { Repository } from '@vmkeep/repository'
import type { Session } from '@vmkeep/vsphere'
import type { LoadedConfig } from './config/load-config.ts'

/** One vCenter or ESXi host of the config: a session with it, or why there is none. */
export type Server = { readonly server: string } & ({ readonly session: Session } | { readonly error: unknown })

/** What of a policy says which vCenters and hosts it is for. */
export interface ForServers {
  readonly name: string
  readonly vcenters?: readonly string[] | undefined
}

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
  /**
   * Opens sessions with the chosen one, or with all that there are, or with those that a policy is for. Not all may be reached; at least one is.
   * Closed with the others.
   */
  readonly openServers: (policy?: ForServers) => Promise<readonly Server[]>
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
  'openServers',
] as const satisfies readonly (keyof Services)[]
