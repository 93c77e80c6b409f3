import { codeOf, FormatError, Secret, seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { toHex } from '../formats/hex.ts'
import { newKeyFile, newKeyPair, recipientFrom, typedSecret } from './typed-secret.ts'
import { publicKeyOf, sharedSecret } from './x25519.ts'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

it('agrees as RFC 7748 does', () => {
  // Source: RFC 7748 §6.1. Evidence: documented.
  const alice = bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
  const bob = bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
  expect(toHex(publicKeyOf(alice))).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
  expect(toHex(publicKeyOf(bob))).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
  const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
  expect(toHex(sharedSecret(alice, publicKeyOf(bob)))).toBe(shared)
  expect(toHex(sharedSecret(bob, publicKeyOf(alice)))).toBe(shared)
})

it('refuses public keys of low order', () => {
  for (const low of [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  ])
    expect(() => sharedSecret(new Uint8Array(32).fill(7), bytes(low))).toThrow(FormatError)
})

it('tells what somebody gives by how it begins, and what is not whole', () => {
  const random = seededRandom('typed')
  const file = newKeyFile(random)
  const { identity, recipient } = newKeyPair(random)
  expect(typedSecret(new Secret(` ${file}\n`))).toMatchObject({ kind: 'keyFile' })
  expect(typedSecret(new Secret(identity))).toMatchObject({ kind: 'identity', publicKey: recipientFrom(recipient) })
  expect(typedSecret(new Secret('correct horse'))).toEqual({ kind: 'text', text: 'correct horse' })
  const refusal = (work: () => unknown) => {
    try {
      return work()
    } catch (error) {
      return codeOf(error)
    }
  }
  for (const wrong of [file.slice(0, -1), `${file}A`, identity.slice(0, -4), file.replace(/.$/, '!'), recipient])
    expect([wrong, refusal(() => typedSecret(new Secret(wrong)))]).toEqual([wrong, 'repository.key-malformed'])
  for (const wrong of [identity, recipient.slice(1), ''])
    expect(refusal(() => recipientFrom(wrong))).toBe('repository.key-malformed')
})
