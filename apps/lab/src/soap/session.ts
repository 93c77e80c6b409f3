import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { LabObject } from '../inventory/lab-object.ts'
import type { User } from './user.ts'

/** One login. What it made (views, filters, collectors) ends with it. */
export class Session {
  /** What vSphere shows of it; no secret. */
  readonly key: string
  /** The cookie's value: who has it is logged in. */
  readonly token: string
  readonly user: User
  readonly ipAddress: string
  readonly userAgent: string
  readonly loginMs: number
  readonly objects = new Map<string, LabObject>()
  lastActiveMs: number
  /** Calls running now: a session that waits for updates is not idle. */
  running = 0
  callCount = 0
  readonly #ended = new AbortController()

  constructor(options: Pick<Session, 'key' | 'token' | 'user' | 'ipAddress' | 'userAgent' | 'loginMs'>) {
    this.key = options.key
    this.token = options.token
    this.user = options.user
    this.ipAddress = options.ipAddress
    this.userAgent = options.userAgent
    this.loginMs = options.loginMs
    this.lastActiveMs = options.loginMs
  }

  /** Aborts when the session ends, whoever ended it. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  end(): void {
    this.#ended.abort()
  }

  owns(ref: ManagedObjectReference): boolean {
    return this.objects.has(ref.value)
  }
}
