import { codeOf, Secret } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { openRepository } from '../open-repository.ts'
import type { KeySlots } from '../repository.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  dyingAfter,
  fastKdf,
  noise,
  powerCut,
  testPassphrase,
} from '../testing.ts'
import { openKeySlots } from './key-slots.ts'

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )

async function created() {
  const test = await createTestRepository(memoryStorage())
  const disk = noise(300_000, 'disk')
  const { images } = await backUp(test.repository, { disk })
  const keysWith = (key: Secret) => openKeySlots(test.storage, { key, kdf: fastKdf })
  const opens = (key: Secret) => refusal(openRepository(test.storage, { key, workersMax: 0 }))
  const readsWith = async (key: Secret) => {
    await using repository = await openRepository(test.storage, { key, workersMax: 0 })
    return Buffer.compare(await contentOf(repository, images[0]!.image), disk) === 0
  }
  return { ...test, keysWith, opens, readsWith }
}

const kindsOf = async (keys: KeySlots) =>
  (await keys.list()).map(({ kind = 'damaged' }) => kind).toSorted((a, b) => a.localeCompare(b))

describe('key slots', () => {
  it('are two at first, and tell which one was opened', async () => {
    const { keysWith, recoveryCode } = await created()
    const keys = await keysWith(testPassphrase)
    expect(await kindsOf(keys)).toEqual(['passphrase', 'recovery code'])
    const slotOf = (kind: string) => keys.list().then((slots) => slots.find((slot) => slot.kind === kind)!)
    expect(await slotOf('passphrase')).toMatchObject({ id: keys.opened, kdf: 'argon2id', cost: fastKdf })
    expect((await keysWith(recoveryCode)).opened).toBe((await slotOf('recovery code')).id)
    expect(await refusal(keysWith(new Secret('wrong')))).toBe('repository.wrong-key')
  })

  it('let the passphrase be changed, and everything stored stays readable', async () => {
    const { keysWith, opens, readsWith, recoveryCode } = await created()
    const keys = await keysWith(testPassphrase)
    const fresh = new Secret('Gru\u0308ße')
    await keys.addKey(fresh)
    expect([await readsWith(testPassphrase), await readsWith(fresh), await readsWith(new Secret('Grüße'))]).toEqual([
      true,
      true,
      true,
    ])
    await keys.remove(keys.opened)
    expect(await opens(testPassphrase)).toBe('repository.wrong-key')
    expect([await readsWith(fresh), await readsWith(recoveryCode)]).toEqual([true, true])
  })

  it('let the recovery code be replaced', async () => {
    const { keysWith, opens, readsWith, recoveryCode } = await created()
    const keys = await keysWith(recoveryCode)
    const next = await keys.addRecoveryCode()
    await keys.remove(keys.opened)
    expect(await opens(recoveryCode)).toBe('repository.wrong-key')
    expect(await readsWith(next.recoveryCode)).toBe(true)
    expect((await keysWith(next.recoveryCode)).opened).toBe(next.id)
  })

  it('refuse to lose the last passphrase or the last recovery code', async () => {
    const { keysWith, readsWith, recoveryCode } = await created()
    const keys = await keysWith(testPassphrase)
    for (const { id } of await keys.list()) expect(await refusal(keys.remove(id))).toBe('repository.key-slot-last')
    expect(await refusal(keys.remove('00'.repeat(16)))).toBe('repository.key-slot-missing')
    expect([await readsWith(testPassphrase), await readsWith(recoveryCode)]).toEqual([true, true])
  })

  it('tell when somebody else has removed the other passphrase at the same time', async () => {
    const { keysWith, storage, recoveryCode, readsWith } = await created()
    const [keys, others] = [await keysWith(recoveryCode), await keysWith(testPassphrase)]
    const another = await keys.addKey(new Secret('another'))
    const remove = storage.delete.bind(storage)
    let theirs: Promise<unknown> | undefined
    storage.delete = async (...given) => {
      storage.delete = remove
      theirs = refusal(others.remove(another)) // both slots are still there
      await theirs
      return remove(...given)
    }
    expect(await refusal(keys.remove(others.opened))).toBe('repository.key-slots-lost')
    expect(await theirs).toBe('fine') // the last one there tells
    expect(await kindsOf(keys)).toEqual(['recovery code'])
    expect(await readsWith(recoveryCode)).toBe(true)
  })

  it('refuse an empty passphrase and one that opens already', async () => {
    const { keysWith } = await created()
    const keys = await keysWith(testPassphrase)
    expect(await refusal(keys.addKey(new Secret('')))).toBe('repository.key-too-short')
    expect(await refusal(keys.addKey(testPassphrase))).toBe('repository.key-known')
    expect(await kindsOf(keys)).toEqual(['passphrase', 'recovery code'])
  })

  it('show a damaged slot, which may be removed and keeps no other from being the last', async () => {
    const { keysWith, storage, recoveryCode } = await created()
    const { opened } = await keysWith(testPassphrase)
    storage.objects.set(`keys/slot-${opened}`, new Uint8Array(188))
    const keys = await keysWith(recoveryCode)
    expect((await keys.list()).find(({ id }) => id === opened)).toEqual({
      id: opened,
      maintenance: false,
      damaged: expect.stringContaining(`keys/slot-${opened}: `) as string,
    })
    expect(await refusal(keys.remove(keys.opened))).toBe('repository.key-slot-last')
    await keys.remove(opened)
    expect(await kindsOf(keys)).toEqual(['recovery code'])
  })

  it('that could not be tried leave nothing behind', async () => {
    const { keysWith, storage } = await created()
    const keys = await keysWith(testPassphrase)
    const before = [...storage.objects.keys()]
    const list = storage.list.bind(storage)
    let lists = 0
    storage.list = (prefix, signal) => {
      if (++lists > 1) throw new Error('away') // the first one looks whether the passphrase is new
      return list(prefix, signal)
    }
    await expect(keys.addKey(new Secret('another'))).rejects.toThrow('away')
    expect([...storage.objects.keys()]).toEqual(before)
  })
})

it('adding and removing may die at every storage call: what opened still opens, and nothing is left that opens less than it says', async () => {
  const { storage: start, recoveryCode } = await created()
  const fresh = new Secret('fresh passphrase')
  for (let n = 0, done = false; !done; n++) {
    const storage = copyOf(start)
    const dying = dyingAfter(n, storage)
    try {
      const keys = await openKeySlots(dying.storage, { key: testPassphrase, kdf: fastKdf })
      await keys.addKey(fresh)
      await keys.remove(keys.opened)
      done = dying.calls() <= n
    } catch (error) {
      expect(error).toSatisfy((reason: unknown) => reason === powerCut || (reason as Error).cause === powerCut)
    }
    const opens = async (key: Secret) => await refusal(openKeySlots(storage, { key }))
    expect(await opens(recoveryCode)).toBe('fine')
    expect([await opens(testPassphrase), await opens(fresh)]).toContain('fine') // at every moment one of them
    const keys = await openKeySlots(storage, { key: recoveryCode })
    const slots = await keys.list()
    expect(slots.every(({ damaged }) => damaged === undefined)).toBe(true)
    expect(slots.length).toBeGreaterThanOrEqual(2)
  }
})
