import { type Clock, type Random } from '@vmkeep/kit'
import { timingSafeEqual } from 'node:crypto'
import { VimFault } from '../faults/vim-fault.ts'
import { uuidOf } from '../config/uuid.ts'
import { Session } from './session.ts'
import type { User } from './user.ts'

export interface SessionStoreOptions {
  readonly clock: Clock
  readonly random: Random
  readonly users: readonly User[]
  readonly idleTimeoutMs: number
  readonly sessionsMax: number
  /** Hears of every new session, and how many there are now. */
  readonly onStart: (sessions: number) => void
  /** Hears of every session that ends, so that what it made can go. */
  readonly onEnd: (session: Session) => void
}

export interface ClientIdentity {
  readonly ipAddress: string
  readonly userAgent: string
}

/** Who is logged in. Sessions idle too long end by themselves: the next call finds out, as on a real server. */
export class SessionStore {
  readonly #options: SessionStoreOptions
  readonly #sessions = new Map<string, Session>()
  readonly #cloneTickets = new Map<string, User>()
  logins = 0
  logouts = 0
  /** Wrong passwords and unknown names: of so many a real server locks the account. */
  loginsRefused = 0

  constructor(options: SessionStoreOptions) {
    this.#options = options
  }

  get open(): readonly Session[] {
    for (const session of this.#sessions.values()) if (this.#isIdle(session)) this.end(session)
    return [...this.#sessions.values()]
  }

  get isFull(): boolean {
    return this.open.length >= this.#options.sessionsMax
  }

  /** @throws VimFault `InvalidLogin` */
  login(userName: string, password: string, client: ClientIdentity): Session {
    const user = this.authenticate(userName, password)
    if (user === undefined) throw new VimFault('InvalidLogin')
    return this.#start(user, client)
  }

  authenticate(userName: string, password: string): User | undefined {
    const user = this.#options.users.find(({ name }) => name.toLowerCase() === userName.toLowerCase())
    if (user !== undefined && sameText(user.password.reveal(), password)) return user
    this.loginsRefused++
    return undefined
  }

  /** The session of a cookie's value, if it is still alive. */
  find(token: string): Session | undefined {
    const session = this.#sessions.get(token)
    if (session === undefined || !this.#isIdle(session)) return session
    this.end(session)
    return undefined
  }

  end(session: Session): void {
    if (!this.#sessions.delete(session.token)) return
    session.end()
    this.#options.onEnd(session)
  }

  logout(session: Session): void {
    this.logouts++
    this.end(session)
  }

  /** A ticket with which another client becomes the same user, once. */
  cloneTicket(session: Session): string {
    const ticket = `cst-${uuidOf(this.#options.random)}`
    this.#cloneTickets.set(ticket, session.user)
    return ticket
  }

  /** @throws VimFault `InvalidLogin` */
  clone(ticket: string, client: ClientIdentity): Session {
    const user = this.#cloneTickets.get(ticket)
    this.#cloneTickets.delete(ticket)
    if (user === undefined) throw new VimFault('InvalidLogin')
    return this.#start(user, client)
  }

  #start(user: User, client: ClientIdentity): Session {
    const { random, clock } = this.#options
    const session = new Session({
      key: uuidOf(random),
      token: Buffer.from(random.bytes(20)).toString('hex'),
      user,
      ...client,
      loginMs: clock.nowMs(),
    })
    this.#sessions.set(session.token, session)
    this.logins++
    this.#options.onStart(this.#sessions.size)
    return session
  }

  #isIdle(session: Session): boolean {
    return session.running === 0 && this.#options.clock.nowMs() - session.lastActiveMs > this.#options.idleTimeoutMs
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
