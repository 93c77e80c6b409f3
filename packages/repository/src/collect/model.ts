// The protocol of docs/formats/repository.md §9 as a state machine, seen from one blob: which packs hold it, which points need it, who
// relies on which copy. `take` says what each storage call requires and does. model.test.ts searches every order of calls;
// simulation/replay.ts holds the real code's calls against it.

/** A rule that can be left out, to see that it is needed. */
export type Rule =
  | 'commit and fence want one name'
  | 'register before reading the lists'
  | 'wait for sessions'
  | 'mark again'
  | 'leave before a beat'
  | 'pin before the look'
  | 'look after the pin'
  | 'one entry follows another'
  | 'fates before pins before points'

export interface List {
  readonly packs: readonly string[]
  readonly final: readonly string[] | null
}

export interface Session {
  readonly respects: number
  readonly pins: readonly string[]
}

export interface Fate {
  readonly kind: 'forgotten' | 'stands' | 'buried'
  readonly entries: number
}

/** A session, from its registration to its end. */
export interface Writer {
  /** `registered`: it has not yet read all the lists there were when it registered. */
  readonly at: 'new' | 'registered' | 'working' | 'ended'
  /** How many lists there were then. */
  readonly lists: number
  /** How many lists it has read. */
  readonly read: number
  /** The pack whose copy of the blob it relies on; `base`: it inherits the blob from a point, wherever it lies. Empty: it does not need it. */
  readonly relies: string
  /** Points that it pinned, and those that it then found unburied. */
  readonly pinned: readonly string[]
  readonly found: readonly string[]
}

/** What a collector looks at. */
export type Sight = 'lists' | 'packs' | 'fates' | 'sessions' | 'points'

export interface Collector {
  /** What it has looked at, the last look last. */
  readonly order: readonly Sight[]
  readonly read: number
  readonly packs: readonly string[]
  readonly buried: readonly string[]
  readonly sessions: readonly string[]
  readonly pinned: readonly string[]
  readonly points: readonly string[]
  /** How many lists it knew when it last asked who is at work. */
  readonly asked: number
  /** What sessions have said since it last looked at fates: how many lists they respect; they have ended: Infinity. */
  readonly answers: Readonly<Record<string, number>>
  /** How many lists nobody was left to wait for, when it last looked at fates. */
  readonly waited: number
}

export interface State {
  /** Packs that hold the blob. A pack bears the name of its session, and perhaps more after a dot. */
  readonly packs: readonly string[]
  /** Those of them in which it is damaged, and always was. */
  readonly rotten: readonly string[]
  readonly lists: readonly List[]
  readonly sessions: Readonly<Record<string, Session>>
  /** By session: a point that needs the blob, one that does not, or a fence. */
  readonly ends: Readonly<Record<string, 'point' | 'other point' | 'fence'>>
  readonly fates: Readonly<Record<string, Fate>>
  readonly writers: Readonly<Record<string, Writer>>
  readonly collectors: Readonly<Record<string, Collector>>
}

/** One storage call that counts, or the decision to rely on something. */
export type Event =
  | { readonly do: 'fate'; readonly point: string; readonly kind: Fate['kind']; readonly number: number }
  | { readonly do: 'register'; readonly writer: string }
  | { readonly do: 'read lists'; readonly writer: string; readonly read: number }
  | { readonly do: 'rely'; readonly writer: string; readonly on: string }
  | { readonly do: 'store'; readonly writer: string; readonly pack: string }
  | { readonly do: 'pin'; readonly writer: string; readonly point: string }
  | { readonly do: 'find'; readonly writer: string; readonly point: string; readonly buried: boolean }
  | { readonly do: 'beat'; readonly writer: string; readonly respects: number }
  | { readonly do: 'commit'; readonly writer: string; readonly needs: boolean }
  | { readonly do: 'fence'; readonly session: string }
  | { readonly do: 'leave'; readonly session: string }
  | { readonly do: 'look'; readonly collector: string; readonly sight: Sight; readonly seen: Seen }
  /** The collector has read a pack, or written it. */
  | { readonly do: 'meet'; readonly collector: string; readonly pack: string }
  | { readonly do: 'answer'; readonly collector: string; readonly session: string; readonly respects: number }
  | { readonly do: 'publish'; readonly collector: string; readonly packs: readonly string[] }
  | { readonly do: 'final'; readonly collector: string; readonly number: number; readonly packs: readonly string[] }
  | { readonly do: 'delete'; readonly pack: string }

/** What a look showed. What belongs to other sights is not read. */
export type Seen = Partial<Pick<Collector, 'read' | 'packs' | 'buried' | 'sessions' | 'pinned' | 'points'>>

export const newWriter: Writer = { at: 'new', lists: 0, read: 0, relies: '', pinned: [], found: [] }
export const newCollector: Collector = {
  order: [],
  read: 0,
  packs: [],
  buried: [],
  sessions: [],
  pinned: [],
  points: [],
  asked: 0,
  answers: {},
  waited: 0,
}

/** What the first so many lists condemn. */
export const condemned = ({ lists }: State, read = lists.length): ReadonlySet<string> =>
  new Set(lists.slice(0, read).flatMap(({ packs, final }) => final ?? packs))

const isNeeded = ({ ends, fates }: State) =>
  Object.entries(ends).some(([point, end]) => end === 'point' && fates[point]?.kind !== 'buried')

/** Nothing is lost. */
export const isWhole = (state: State): boolean => !isNeeded(state) || state.packs.length > 0

export const sessionOf = (pack: string): string => pack.split('.', 1)[0]!

/** Whether the blob is needed, as far as a collector has seen. */
export const seemsNeeded = ({ points, buried, pinned }: Collector): boolean =>
  points.some((point) => !buried.includes(point) || pinned.includes(point))

/** A copy that may stand for the others: one that the collector knows to be there, that is not condemned, and that it has read back. */
export const safeCopies = (state: State, { packs, read }: Collector): string[] => {
  const bad = condemned(state, read)
  return packs.filter((pack) => !bad.has(pack) && !state.rotten.includes(pack))
}

/** The state after `event`, or `undefined` if the protocol, without one of its rules perhaps, does not allow it now. */
export function take(state: State, event: Event, without?: Rule): State | undefined {
  const has = (rule: Rule) => rule !== without
  switch (event.do) {
    case 'fate':
      return takeFate(state, event, has)
    case 'look':
    case 'meet':
    case 'answer':
    case 'publish':
    case 'final':
      return takeCollector(state, event, has)
    case 'fence':
      if (state.ends[event.session] !== undefined && has('commit and fence want one name')) return undefined
      return { ...state, ends: { ...state.ends, [event.session]: 'fence' } }
    case 'leave': {
      const { [event.session]: _, ...sessions } = state.sessions
      return state.ends[event.session] === undefined ? undefined : { ...state, sessions }
    }
    case 'delete':
      if (!state.lists.some(({ final }) => final?.includes(event.pack) === true)) return undefined
      return { ...state, packs: state.packs.filter((pack) => pack !== event.pack) }
    case 'register':
    case 'read lists':
    case 'rely':
    case 'store':
    case 'pin':
    case 'find':
    case 'beat':
    case 'commit':
      return takeWriter(state, event, has)
  }
}

type Has = (rule: Rule) => boolean
type Of<Kind extends Event['do']> = Extract<Event, { do: Kind }>

const follows: Readonly<Record<Fate['kind'], readonly (Fate['kind'] | undefined)[]>> = {
  forgotten: [undefined, 'stands'],
  stands: [undefined, 'stands', 'forgotten'],
  buried: ['forgotten'],
}

function takeFate(state: State, { point, kind, number }: Of<'fate'>, has: Has): State | undefined {
  const last = state.fates[point]
  const inTurn = number === (last?.entries ?? 0) + 1 && follows[kind].includes(last?.kind)
  if (!inTurn && has('one entry follows another')) return undefined
  return { ...state, fates: { ...state.fates, [point]: { kind, entries: number } } }
}

function takeWriter(
  state: State,
  event: Of<'register' | 'read lists' | 'rely' | 'store' | 'pin' | 'find' | 'beat' | 'commit'>,
  has: Has,
): State | undefined {
  const id = event.writer
  const me = state.writers[id] ?? newWriter
  const is = (changes: Partial<Writer>) => ({ writers: { ...state.writers, [id]: { ...me, ...changes } } })
  const signs = (changes: Partial<Session>) => {
    const mine = state.sessions[id] // gone, if it was fenced
    return mine === undefined ? {} : { sessions: { ...state.sessions, [id]: { ...mine, ...changes } } }
  }
  switch (event.do) {
    case 'register': {
      const sessions = { ...state.sessions, [id]: { respects: 0, pins: [] } }
      return { ...state, sessions, ...(me.at === 'new' ? is({ at: 'registered', lists: state.lists.length }) : {}) }
    }
    case 'read lists':
      if (me.at === 'new' && has('register before reading the lists')) return undefined
      return {
        ...state,
        ...is({ at: me.at === 'ended' || event.read < me.lists ? me.at : 'working', read: event.read }),
      }
    case 'rely': {
      if (me.at !== 'working' || me.relies !== '') return undefined
      const bases = has('look after the pin') ? me.found : me.pinned
      if (event.on === 'base' ? bases.length === 0 : condemned(state, me.read).has(event.on)) return undefined
      return { ...state, ...is({ relies: event.on }) }
    }
    case 'store':
      if (me.at === 'new') return undefined
      return { ...state, packs: [...state.packs, event.pack], ...is({ relies: event.pack }) }
    case 'pin':
      return {
        ...state,
        ...signs({ pins: [...(state.sessions[id]?.pins ?? []), event.point] }),
        ...is({ pinned: [...me.pinned, event.point] }),
      }
    case 'find':
      if (event.buried) return { ...state, ...is({ pinned: me.pinned.filter((point) => point !== event.point) }) } // it counts on it no more
      if (!me.pinned.includes(event.point) && has('pin before the look')) return undefined
      return { ...state, ...is({ found: [...me.found, event.point] }) }
    case 'beat':
      if (event.respects > me.read) return undefined
      if (condemned(state, event.respects).has(me.relies) && has('leave before a beat')) return undefined
      return { ...state, ...signs({ respects: Math.max(event.respects, state.sessions[id]?.respects ?? 0) }) }
    case 'commit':
      if (event.needs && me.relies === '') return undefined
      if (me.pinned.some((point) => !me.found.includes(point)) && has('look after the pin')) return undefined
      if (state.ends[id] !== undefined && has('commit and fence want one name')) return undefined
      return {
        ...state,
        ends: { ...state.ends, [id]: event.needs ? 'point' : 'other point' },
        ...is({ at: 'ended' }),
      }
  }
}

function takeCollector(
  state: State,
  event: Of<'look' | 'meet' | 'answer' | 'publish' | 'final'>,
  has: Has,
): State | undefined {
  const id = event.collector
  const me = state.collectors[id] ?? newCollector
  const is = (changes: Partial<Collector>) => ({ collectors: { ...state.collectors, [id]: { ...me, ...changes } } })
  switch (event.do) {
    case 'look':
      return { ...state, ...is(afterLook(me, event)) }
    case 'meet':
      return { ...state, ...is({ packs: me.packs.includes(event.pack) ? me.packs : [...me.packs, event.pack] }) }
    case 'answer': {
      const truth = state.ends[event.session] === undefined ? (state.sessions[event.session]?.respects ?? 0) : Infinity
      if (event.respects > truth) return undefined
      return { ...state, ...is({ answers: { ...me.answers, [event.session]: event.respects } }) }
    }
    case 'publish': {
      const looks = has('fates before pins before points') ? (['fates', 'sessions', 'points'] as const) : []
      if (!isInOrder(me, ['lists', 'packs', ...looks]) || me.read !== state.lists.length) return undefined
      if (!mayGo(state, me, event.packs)) return undefined
      if (event.packs.some((pack) => condemned(state, me.read).has(pack) || me.sessions.includes(sessionOf(pack))))
        return undefined
      const lists = [...state.lists, { packs: event.packs, final: null }]
      return { ...state, lists, ...is({ ...newCollector, read: lists.length }) }
    }
    case 'final': {
      const list = state.lists[event.number]
      if (list === undefined || list.final !== null) return undefined
      if (me.waited <= event.number && has('wait for sessions')) return undefined
      const looks = ['fates', 'sessions', 'points', 'packs', 'lists'] as const
      if (has('mark again') && !(isInOrder(me, looks) && mayGo(state, me, event.packs))) return undefined
      if (event.packs.some((pack) => !list.packs.includes(pack))) return undefined
      const lists = state.lists.with(event.number, { ...list, final: event.packs })
      return { ...state, lists, ...is({ ...newCollector, read: me.read }) }
    }
  }
}

function afterLook(me: Collector, { sight, seen }: Of<'look'>): Partial<Collector> {
  const order = [...me.order.filter((each) => each !== sight), sight]
  if (sight === 'sessions') return { order, ...seen, asked: me.read }
  if (sight !== 'fates') return { order, ...seen }
  const waited = Math.min(me.asked, ...me.sessions.map((id) => me.answers[id] ?? 0))
  return { order, ...seen, waited, answers: {} }
}

/** Whether the last looks at these came in this order. */
const isInOrder = ({ order }: Collector, sights: readonly Sight[]) =>
  sights.every((sight, i) => order.includes(sight) && (i === 0 || order.indexOf(sight) > order.indexOf(sights[i - 1]!)))

/** Whether the blob stays when `packs` go: nobody needs it, or a copy is known that is neither condemned nor among them. */
const mayGo = (state: State, me: Collector, packs: readonly string[]) =>
  packs.length === 0 || !seemsNeeded(me) || safeCopies(state, me).some((pack) => !packs.includes(pack))
