// Some schedules, and that the simulation would see it if a rule were broken. tools/simulate.ts runs them by the hundred thousand.
// VMKEEP_SIMULATION_SEED says which schedule is the first, VMKEEP_SIMULATION_SCHEDULES how many are run.
import { collect } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { decodeCondemnedPacks, encodeCondemnedPacks } from '../formats/condemned-packs.ts'
import { collectionOf } from '../formats/object-names.ts'
import type { Storage, StoredObject } from '../storage/storage.ts'
import { changedStorage } from '../testing.ts'
import type { Role } from './actors.ts'
import { type Breaking, simulate } from './simulate.ts'
import { kindOf, type Work } from './kinds.ts'
import type { Place } from './world.ts'

const schedules = Number(process.env['VMKEEP_SIMULATION_SCHEDULES'] ?? 60)
const firstSeed = Number(process.env['VMKEEP_SIMULATION_SEED'] ?? 1)

it(`keeps what is needed and leaves nothing behind, in ${schedules} schedules`, { timeout: 600_000 }, async () => {
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++) await simulate(seed)
})

/** Changes some calls of some roles. */
type Change = (storage: Storage, place: Place) => Partial<Storage>
const of =
  (roles: readonly Role[], change: Change): Breaking =>
  (storage, role, place) =>
    roles.includes(role) ? changedStorage(storage, change(storage, place)) : storage

const dropsPuts =
  (pattern: RegExp): Change =>
  (storage) => ({
    putNew: async (key, bytes, signal) => (pattern.test(key) ? 'created' : await storage.putNew(key, bytes, signal)),
  })

const overwrites =
  (pattern: RegExp): Change =>
  (storage) => ({
    async putNew(key, bytes, signal) {
      if (pattern.test(key)) await storage.delete(key)
      return await storage.putNew(key, bytes, signal)
    },
  })

const blindTo =
  (pattern: RegExp): Change =>
  (storage) => ({
    async *list(prefix, signal) {
      if (!pattern.test(prefix)) yield* storage.list(prefix, signal)
    },
  })

const remembers =
  (prefix: string): Change =>
  (storage) => {
    let first: StoredObject[] | undefined
    return {
      async *list(wanted, signal) {
        if (wanted === prefix) yield* (first ??= await collect(storage.list(wanted, signal)))
        else yield* storage.list(wanted, signal)
      },
    }
  }

/** Reads lists as if they condemned nothing. */
const ignoresLists: Change = (storage, { known: { repositoryId, roles } }) => ({
  async get(key, max, signal) {
    const source = await storage.get(key, max, signal)
    const name = collectionOf(key)
    if (source === undefined || name === undefined) return source
    const read = decodeCondemnedPacks(source, { repositoryId, ...name }, roles.control)
    const random = { bytes: (sizeBytes: number) => new Uint8Array(sizeBytes), fraction: () => 0 }
    return encodeCondemnedPacks(repositoryId, { ...read, packs: [] }, { controlKey: roles.control, random })
  },
})

/** Takes for good whatever once was. */
const believes: Change = (storage, { world: { pristine } }) => ({
  async getRange(key, offsetBytes, target, signal) {
    await storage.getRange(key, offsetBytes, target, signal)
    await pristine!.getRange(key, offsetBytes, target).catch(() => {}) // younger than the damage
  },
})

/** `from`: where it is known to be found, if that takes luck. The search begins there. */
type Rules = Readonly<Record<string, Breaking | { readonly breaking: Breaking; readonly from: number }>>

/** By the kind of schedule, and by the rule of docs/formats/repository.md §9 that is broken. */
const broken: Readonly<Record<Work, Rules>> = {
  plain: {
    'commit and fence want the same name': of(['writer', 'collector'], overwrites(/^points\//)),
    'a session is registered before it relies on anything': of(['writer'], dropsPuts(/\/start$/)),
    'a session that begins under an unfinished list relies on nothing in it': of(['writer'], blindTo(/^gc\/$/)),
    'a session leaves what is condemned before it says so': of(['writer'], ignoresLists),
    'an inherited point is pinned': { breaking: of(['writer'], dropsPuts(/\/pin-/)), from: 1830 },
    'whoever pins looks then whether the point is buried': of(['writer'], blindTo(/^trash\/./)),
    'a collector waits for sessions, and leaves their packs alone': of(['collector'], blindTo(/^sessions\//)),
    'a collector looks again before the final': of(['collector'], remembers('points/')),
    'a collector looks at fates before each list': of(['collector'], remembers('trash/')),
    'of two who append to a fate one wins': of(['collector', 'forgetful'], overwrites(/^trash\//)),
    'of two who bring a list to its final one wins': of(['collector'], overwrites(/^gc\/\d+\/final/)),
    'lists have an order': of(['collector'], overwrites(/^gc\/\d+\/list/)),
  },
  copies: {
    'a point is held while it is copied': { breaking: of(['copier'], dropsPuts(/^readers\//)), from: 1890 },
    'a copy is made by a session that is registered': of(['copier'], dropsPuts(/\/start$/)),
    'a copy relies on nothing in an unfinished list': of(['copier'], blindTo(/^gc\/$/)),
    'a copy leaves what is condemned before it says so': { breaking: of(['copier'], ignoresLists), from: 1790 },
    'what a point is compared with is pinned': { breaking: of(['copier'], dropsPuts(/\/pin-/)), from: 1890 },
    'whoever pins it looks then whether it is buried': of(['copier'], blindTo(/^trash\/./)),
    'a copy that was given up is never committed': of(['copier', 'collector'], overwrites(/^points\//)),
  },
  repairs: {
    'a repair is made by a session that is registered': of(['healer'], dropsPuts(/\/start$/)),
    'nobody relies on a copy that is known to be damaged': of(['healer'], blindTo(/^lost\/$/)),
    'a pack goes only if what is needed was read back elsewhere': of(['collector'], believes),
  },
}

const rules = Object.entries(broken).flatMap(([work, some]) =>
  Object.entries(some).map(([rule, how]) => ({ work, rule, ...('from' in how ? how : { breaking: how, from: 1 }) })),
)

it.each(rules)('finds out who breaks the rule: $rule', { timeout: 300_000 }, async ({ work, breaking, from }) => {
  const found: number[] = []
  for (let seed = from; seed < from + 10_000 && found.length === 0; seed++)
    if (kindOf(seed).work === work) await simulate(seed, breaking).catch(() => found.push(seed))
  expect(found).toHaveLength(1)
})
