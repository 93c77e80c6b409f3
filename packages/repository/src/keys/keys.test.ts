import fc from 'fast-check'
import { codeOf, Secret, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { expect, it } from 'vitest'
import { toHex } from '../formats/hex.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import { ObjectStore } from '../storage/object-store.ts'
import { withNewGeneration } from './change-ring.ts'
import { createKeys } from './create-keys.ts'
import { deriveKey } from './derive-key.ts'
import { KeyRing } from './key-ring.ts'
import { newRecoveryCode, parseRecoveryCode } from './recovery-code.ts'
import { roleKeys } from './role-keys.ts'
import { kdf, stretch, whyNotCost } from './stretch.ts'
import { unlock } from './unlock.ts'

const cheap = { memoryKiB: 8, passes: 1, parallelism: 1 }

it('derives as RFC 5869 does', () => {
  // Source: RFC 5869, appendix A.3. Evidence: documented.
  expect(toHex(deriveKey(new Uint8Array(22).fill(0x0b), new Uint8Array(), '', 42))).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  )
})

it('stretches as the scrypt of RFC 7914 does', async () => {
  // Source: RFC 7914 §12, N=1024 r=8 p=16. Evidence: documented; its 64 bytes begin with our 32.
  const stretched = await stretch(kdf.scrypt, 'password', Buffer.from('NaCl'), {
    memoryKiB: 1024,
    passes: 1,
    parallelism: 16,
  })
  expect(toHex(stretched)).toBe('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162')
})

it('stretches as argon2id does', async () => {
  // Source: phc-winner-argon2, test.c, version 0x13, argon2id, t=2 m=2^8 p=1, "password", "somesalt". Evidence: documented.
  const stretched = await stretch(kdf.argon2id, 'password', Buffer.from('somesalt'), {
    memoryKiB: 256,
    passes: 2,
    parallelism: 1,
  })
  expect(toHex(stretched)).toBe('9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe')
})

it.each([
  ['no memory', { ...cheap, memoryKiB: 0 }],
  ['100 GiB of memory', { ...cheap, memoryKiB: 100 * 1024 * 1024 }],
  ['too many passes', { ...cheap, passes: 1_000_000 }],
  ['no lanes', { ...cheap, parallelism: 0 }],
  ['too many lanes', { ...cheap, parallelism: 4_000_000 }],
])('refuses %s before it computes', async (_, cost) => {
  expect(whyNotCost(kdf.argon2id, cost)).toBeTypeOf('string')
  await expect(stretch(kdf.argon2id, 'x', new Uint8Array(16), cost)).rejects.toThrow(/are/)
})

it('understands its own recovery codes, however they are typed', () =>
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const code = newRecoveryCode(seededRandom(seed))
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){6}[0-9A-HJKMNP-TV-Z]{5}$/)
      const symbols = code
        .split('-')
        .map((part) => part.slice(0, 4))
        .join('')
      const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}\n`
      expect([parseRecoveryCode(code), parseRecoveryCode(typed)]).toEqual([{ symbols }, { symbols }])
    }),
  ))

it('finds every wrong symbol, and says in which group', () =>
  fc.assert(
    fc.property(fc.string(), fc.nat(34), fc.integer({ min: 1, max: 31 }), (seed, place, by) => {
      const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
      const symbols = newRecoveryCode(seededRandom(seed)).replaceAll('-', '').split('')
      symbols[place] = alphabet[(alphabet.indexOf(symbols[place]!) + by) % 32]!
      expect(parseRecoveryCode(symbols.join(''))).toEqual({ wrongGroups: [Math.floor(place / 5) + 1] })
    }),
  ))

it('finds groups in the wrong order', () => {
  const parts = newRecoveryCode(seededRandom('order')).split('-')
  const swapped = [parts[1], parts[0], ...parts.slice(2)].join('-')
  expect(parseRecoveryCode(swapped)).toEqual({ wrongGroups: [1, 2] })
})

it('takes a passphrase for what it is', () => {
  for (const text of ['correct horse battery staple', '', '7'.repeat(34), 'U'.repeat(35)])
    expect(parseRecoveryCode(text)).toBeUndefined()
})

async function createdKeys(passphrase = 'Grüße') {
  const memory = memoryStorage()
  const random = seededRandom('keys')
  const objects = new ObjectStore(memory, { clock: fakeClock(), random })
  const repositoryId = random.bytes(16)
  const keys = {
    objects,
    repositoryId,
    passphrase: new Secret(passphrase),
    shared: undefined,
    cost: cheap,
    random,
    createdAtMs: 0,
  }
  return { memory, objects, repositoryId, keys, ...(await createKeys(keys, (text) => new Secret(text))) }
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'opened',
    (error: unknown) => codeOf(error) ?? error,
  )

it('opens with the passphrase in any Unicode form, and with the recovery code', async () => {
  const { objects, repositoryId, masterKey, recoveryCode } = await createdKeys()
  for (const key of [
    new Secret('Grüße'),
    new Secret('Gru\u0308ße'),
    recoveryCode,
    new Secret(recoveryCode.reveal().toLowerCase()),
  ])
    expect(await unlock(objects, repositoryId, key)).toMatchObject({ masterKey })
})

it('tells a wrong key from a mistyped recovery code', async () => {
  const { objects, repositoryId, recoveryCode } = await createdKeys()
  const mistyped = recoveryCode.reveal().replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  const foreign = newRecoveryCode(seededRandom('another repository'))
  expect(await refusal(unlock(objects, repositoryId, new Secret('Grusse')))).toBe('repository.wrong-key')
  expect(await refusal(unlock(objects, repositoryId, new Secret(mistyped)))).toBe('repository.recovery-code-typo')
  expect(await refusal(unlock(objects, repositoryId, new Secret(foreign)))).toBe('repository.wrong-key')
})

it('opens a passphrase that merely looks like a mistyped code', async () => {
  const passphrase = 'A'.repeat(35)
  const { objects, repositoryId, masterKey } = await createdKeys(passphrase)
  expect(await unlock(objects, repositoryId, new Secret(passphrase))).toMatchObject({ masterKey })
})

it('never opens with a tampered slot, and lets a good slot open beside a bad one', async () => {
  const { memory, objects, repositoryId, masterKey, recoveryCode } = await createdKeys()
  for (const [key, slot] of memory.objects) {
    if (!key.startsWith('keys/slot-')) continue
    for (let at = 0; at < slot.length; at++) {
      if (at >= 68 && at < 80) continue // the cost: bounded, but trying 1 GiB of memory is slow; see "refuses … before it computes"
      slot[at]! ^= 4
      const outcomes = await Promise.all(
        [new Secret('Grüße'), recoveryCode].map((secret) => refusal(unlock(objects, repositoryId, secret))),
      )
      expect([at, new Set(outcomes)]).toEqual([at, new Set(['opened', 'repository.wrong-key'])])
      slot[at]! ^= 4
    }
  }
  expect(await unlock(objects, repositoryId, recoveryCode)).toMatchObject({ masterKey })
  for (const key of memory.objects.keys()) if (key.startsWith('keys/slot-')) memory.objects.set(key, new Uint8Array(7))
  expect(await refusal(unlock(objects, repositoryId, recoveryCode))).toBe('repository.no-key-slots')
})

it('lets one of two creators win', async () => {
  const { keys } = await createdKeys()
  expect(await refusal(createKeys(keys, (text) => new Secret(text)))).toBe('repository.creation-unfinished')
})

it('opens the ring with the right key only', async () => {
  const { memory, keys, repositoryId, masterKey } = await createdKeys()
  const open = (key: Uint8Array) =>
    KeyRing.open({ ...keys, clock: fakeClock(), roles: roleKeys(key, repositoryId) }).then((ring) => ring.keys)
  const { data, domains } = await open(masterKey)
  expect([domains.get('')?.generation, data.get(1)?.key.symmetricKeySize]).toEqual([1, 32])
  expect(await refusal(open(new Uint8Array(32)))).toBe('repository.object-corrupt')
  memory.objects.delete('keys/ring-00000001')
  expect(await refusal(open(masterKey))).toBe('repository.object-corrupt')
})

it('changes the ring one after the other, whoever does it', async () => {
  const { keys, repositoryId, masterKey } = await createdKeys()
  const place = { ...keys, clock: fakeClock(), roles: roleKeys(masterKey, repositoryId) }
  const rings = await Promise.all([KeyRing.open(place), KeyRing.open(place), KeyRing.open(place)])
  await Promise.all(rings.map((ring) => ring.change((now) => withNewGeneration(now, '', { ...place, nowMs: 0 }))))
  for (const ring of rings) await ring.refresh()
  for (const { ring } of rings) expect(ring.generations.map(({ generation }) => generation)).toEqual([1, 2, 3, 4])
  expect(new Set(rings.map(({ ring }) => toHex(ring.generations[3]!.key))).size).toBe(1)
  expect(rings[0]!.keys.domains.get('')?.generation).toBe(4)
})

it('gives every role its own key', () => {
  const keys = Object.values(roleKeys(new Uint8Array(32), new Uint8Array(16))).map(toHex)
  expect(new Set(keys).size).toBe(keys.length)
})
