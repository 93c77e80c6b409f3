#!/usr/bin/env node
// Restores a disk from a vmkeep repository folder with nothing but this file, Node.js 24.7 or later, and a passphrase or recovery code.
// Written from docs/formats/repository.md alone and using none of vmkeep's code: it proves that the document is enough, and it is what
// you need on the day nothing else is left. It only reads the repository. Keep a copy beside your recovery code.
import * as crypto from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'

const usage = `Usage:
  node restore-anywhere.mjs <repository> list
  node restore-anywhere.mjs <repository> restore <point id or its beginning> <disk> <new file>
  node restore-anywhere.mjs <repository> file <point id or its beginning> <name> <new file>

The passphrase, recovery code, key file or private key is read from the file named by --key-file, from VMKEEP_KEY, or else from standard input.
A disk is named by its key or label as 'list' shows them. The new file is a raw image; holes stay holes.
A disk with lost chunks is not restored, unless you say --zero-lost: then they are zeroes, each is named, and the exit code is 3.`

class Problem extends Error {}
const must = (condition, message) => {
  if (!condition) throw new Problem(message)
}

// --- primitives ------------------------------------------------------------------------------------------------------------------

const hmac = (key, ...parts) => parts.reduce((mac, part) => mac.update(part), crypto.createHmac('sha256', key)).digest()
const hkdf = (key, salt, info, size) => Buffer.from(crypto.hkdfSync('sha256', key, salt, info, size))
const hex = (bytes) => Buffer.from(bytes).toString('hex')
/** A repository makes a folder with the first object in it. */
const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder) : [])

/** AES-256-GCM; `undefined` if key, AAD, ciphertext and tag do not belong together. */
function unseal(key, nonce, aad, sealed) {
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  const plain = decipher.update(sealed.subarray(0, -16))
  try {
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/** The CBOR that sealed objects hold: definite lengths, no tags. */
function decodeCbor(source) {
  let at = 0
  const head = () => {
    must(at < source.length, 'a record ends too early')
    const first = source[at++]
    const info = first & 31
    if (info < 24) return { type: first >> 5, info, value: info }
    const size = { 24: 1, 25: 2, 26: 4, 27: 8 }[info]
    must(size !== undefined && at + size <= source.length, 'a record is not understood')
    const start = at
    at += size
    return {
      type: first >> 5,
      info,
      start,
      size,
      value: size === 8 ? Number(source.readBigUInt64BE(start)) : source.readUIntBE(start, size),
    }
  }
  const item = () => {
    const { type, info, value, start } = head()
    if (type === 0) return value
    if (type === 1) return -1 - value
    if (type === 2 || type === 3) {
      must(at + value <= source.length, 'a record ends too early')
      const bytes = source.subarray(at, (at += value))
      return type === 2 ? bytes : bytes.toString('utf8')
    }
    if (type === 4) return Array.from({ length: Math.min(value, source.length) }, item)
    if (type === 5)
      return Object.fromEntries(Array.from({ length: Math.min(value, source.length) }, () => [item(), item()]))
    must(type === 7, 'a record is not understood')
    if (info === 20 || info === 21) return info === 21
    if (info === 22) return null
    if (info === 26) return source.readFloatBE(start)
    if (info === 27) return source.readDoubleBE(start)
    must(info === 25, 'a record is not understood')
    const half = source.readUInt16BE(start)
    const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023]
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
  }
  const value = item()
  must(at === source.length, 'a record has more bytes than it should')
  return value
}

// --- §3 common header, §4 keys ---------------------------------------------------------------------------------------------------

function header(bytes, magic, what) {
  must(bytes.length >= 64 && bytes.toString('latin1', 0, 8) === magic, `${what} is no ${magic} object`)
  must(bytes[8] === 1, `${what} is of major version ${bytes[8]}; this tool knows version 1`)
  must(bytes.readUInt32LE(12) === 0, `${what} needs a feature that this tool does not know`)
  return {
    bytes: bytes.subarray(0, 64),
    repositoryId: bytes.subarray(16, 32),
    objectId: bytes.subarray(32, 48),
    kind: bytes[51],
  }
}

/** §4.2. `gap` bytes lie between the header and the rest: format has its version there. */
function openSealed(bytes, magic, roleKey, what, gap = 0) {
  const { objectId, kind } = header(bytes, magic, what)
  const at = 64 + gap
  const key = hkdf(roleKey, objectId, Buffer.from(`vmkeep/1 sealed ${magic}`), 32)
  must(hmac(key, 'vmkeep/1 commit').equals(bytes.subarray(at, at + 32)), `${what} was sealed with another key`)
  const plain = unseal(key, bytes.subarray(at + 32, at + 44), bytes.subarray(0, at + 32), bytes.subarray(at + 44))
  must(plain !== undefined, `${what} is damaged`)
  return { kind, value: decodeCbor(plain) }
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The 28 value symbols of a recovery code, or else which of its groups are mistyped. `{}` if it does not look like one. */
function parseRecoveryCode(text) {
  const symbols = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  if (symbols.length !== 35 || [...symbols].some((symbol) => !alphabet.includes(symbol))) return {}
  const groups = symbols.match(/.{5}/g)
  const typos = groups.flatMap((group, i) => {
    const [a, b, c, d, check] = [...group].map((symbol) => alphabet.indexOf(symbol))
    return (a + 3 * b + 5 * c + 7 * d + 11 * (i + 1)) % 32 === check ? [] : [i + 1]
  })
  return typos.length > 0 ? { typos } : { symbols: groups.map((group) => group.slice(0, 4)).join('') }
}

function stretch(slot, secret) {
  const [kdf, memory, passes, parallelism] = [
    slot[64],
    slot.readUInt32LE(68),
    slot.readUInt32LE(72),
    slot.readUInt32LE(76),
  ]
  must(
    memory <= 1_048_576 && passes >= 1 && passes <= 16 && parallelism >= 1 && parallelism <= 16,
    'a key slot asks for too much',
  )
  const salt = slot.subarray(80, 96)
  if (kdf === 2)
    return crypto.scryptSync(secret, salt, 32, { N: memory, r: 8, p: parallelism, maxmem: 2048 * memory + 2 ** 20 })
  must(kdf === 1, `a key slot uses key derivation ${kdf}, which this tool does not know`)
  must(crypto.argon2Sync !== undefined, 'this Node.js has no argon2: use 24.7 or later')
  return crypto.argon2Sync('argon2id', { message: secret, nonce: salt, parallelism, tagLength: 32, memory, passes })
}

const beginOf = { keyFile: 'vmkeep-key-file-1:', identity: 'vmkeep-identity-1:' }

/** 32 bytes of a key file or a private key; `undefined` if it is none. */
function fileKey(text, begin) {
  if (!text.trim().startsWith(begin)) return undefined
  const bytes = Buffer.from(text.trim().slice(begin.length), 'base64url')
  must(bytes.length === 32, 'the key file is not whole')
  return bytes
}

/** RFC 7748, with the wrapping of RFC 8410 that Node wants. */
function x25519(privateKey, publicKey) {
  const own = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), privateKey])
  const other = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), publicKey])
  return crypto.diffieHellman({
    privateKey: crypto.createPrivateKey({ key: own, format: 'der', type: 'pkcs8' }),
    publicKey: crypto.createPublicKey({ key: other, format: 'der', type: 'spki' }),
  })
}

/** What the secret of a slot becomes; `undefined` if the secret is of another kind. */
function stretchedFor(slot, kind, text, symbols) {
  const [keyFile, identity] = [fileKey(text, beginOf.keyFile), fileKey(text, beginOf.identity)]
  const salt = slot.subarray(80, 96)
  if (kind === 3) return keyFile && hkdf(keyFile, salt, 'vmkeep/1 key file', 32)
  if (kind === 4) {
    const pair = slot.subarray(128, 192) // the pair's public key, and the recipient's
    return (
      identity &&
      hkdf(x25519(identity, pair.subarray(0, 32)), salt, Buffer.concat([Buffer.from('vmkeep/1 recipient'), pair]), 32)
    )
  }
  const secret = kind === 2 ? symbols : kind === 1 && !keyFile && !identity ? text.normalize('NFC') : undefined
  return secret === undefined ? undefined : stretch(slot, secret)
}

/** The master key, or `undefined` if the slot is for another secret, or for maintenance only. */
function openSlot(path, name, text, symbols) {
  const slot = readFileSync(path)
  const { kind } = header(slot, 'VMKPSLOT', name)
  if (slot[65] === 1) return undefined
  const nonceAt = kind === 4 ? 192 : 128
  must(slot.length === nonceAt + 60, `the key slot ${name} has ${slot.length} bytes, not ${nonceAt + 60}`)
  const stretched = stretchedFor(slot, kind, text, symbols)
  if (stretched === undefined || !hmac(stretched, 'vmkeep/1 commit').equals(slot.subarray(96, 128))) return undefined
  const key = unseal(
    hmac(stretched, 'vmkeep/1 wrap'),
    slot.subarray(nonceAt, nonceAt + 12),
    slot.subarray(0, nonceAt),
    slot.subarray(nonceAt + 12),
  )
  must(key !== undefined, `the key slot ${name} is damaged`)
  return key
}

function masterKey(folder, text) {
  const { symbols, typos } = parseRecoveryCode(text)
  for (const name of readdirSync(join(folder, 'keys')).filter((name) => /^slot-[0-9a-f]{32}$/.test(name)))
    try {
      const key = openSlot(join(folder, 'keys', name), name, text, symbols)
      if (key !== undefined) return key
    } catch (error) {
      console.error(`warning: ${error.message}`) // it must not keep another slot from opening
    }
  // Last of all: a passphrase, too, may look like a recovery code.
  must(typos === undefined, `this is no passphrase; as a recovery code it is mistyped in group ${typos}`)
  throw new Problem(
    'this is neither the passphrase nor the recovery code of this repository, nor another key that opens all of it',
  )
}

function openKeys(folder, text) {
  must(existsSync(join(folder, 'format')), `${folder} is no repository: it has no file "format"`)
  const format = readFileSync(join(folder, 'format'))
  const { repositoryId } = header(format, 'VMKPFORM', 'format')
  const master = masterKey(folder, text)
  const role = (info, size = 32, salt = repositoryId) => hkdf(master, salt, `vmkeep/1 ${info}`, size)
  const control = role('control')
  const { keysOf = repositoryId } = openSealed(format, 'VMKPFORM', control, 'format', 16).value
  const map = role('map', 64, keysOf)
  const keys = {
    control,
    ids: role('ids', 32, keysOf),
    index: role('index'),
    mapIds: map.subarray(0, 32),
    map: map.subarray(32),
    data: new Map(), // by generation: key, and K_ids of its domain
    erased: new Map(), // generation: the domain that was erased
  }
  const ring = readdirSync(join(folder, 'keys'))
    .filter((name) => /^ring-\d{8}$/.test(name))
    .sort()
    .at(-1)
  must(ring !== undefined, 'the repository has no key ring')
  const { value } = openSealed(readFileSync(join(folder, 'keys', ring)), 'VMKPRING', role('chunk'), ring)
  const idsOf = new Map((value.domains ?? []).map(({ name, ids }) => [name, ids]))
  for (const { generation, key, domain } of value.generations)
    keys.data.set(generation, { key, ids: domain === undefined ? keys.ids : idsOf.get(domain) })
  for (const { name, generations } of value.erased ?? [])
    for (const generation of generations) keys.erased.set(generation, name)
  return keys
}

// --- §5 packs: which blob lies where, from the packs' own trailers -----------------------------------------------------------------

function readAt(file, offset, size) {
  const bytes = Buffer.alloc(size)
  for (let done = 0; done < size;) {
    const read = readSync(file, bytes, done, size - done, offset + done)
    must(read > 0, 'a file is shorter than it should be')
    done += read
  }
  return bytes
}

function trailerOf(path, name, indexKey) {
  const file = openSync(path, 'r')
  try {
    const size = fstatSync(file).size
    must(size >= 128, 'it is too short')
    const footer = readAt(file, size - 64, 64)
    must(footer.toString('latin1', 56) === 'VMKPEND1', 'its end is missing')
    const [offset, length] = [Number(footer.readBigUInt64LE(0)), footer.readUInt32LE(8)]
    must(offset + length === size - 64, 'its footer contradicts its size')
    const [head, trailer] = [readAt(file, 0, 64), readAt(file, offset, length)]
    must(hmac(indexKey, head, trailer.subarray(0, -32)).equals(trailer.subarray(-32)), 'its table is damaged')
    must(hex(trailer.subarray(8, 16)) === name.split('-')[1], 'it is another pack')
    return trailer
  } finally {
    closeSync(file)
  }
}

/** Where every blob lies in the packs that can be understood. One map alone would end at 2²⁴ blobs, which is 16 TiB at 1 MiB. */
class Places {
  #byFirstByte = Array.from({ length: 256 }, () => new Map())

  add(id, copy) {
    const places = this.#byFirstByte[id[0]]
    const copies = places.get(id.toString('latin1'))
    if (copies === undefined) places.set(id.toString('latin1'), [copy])
    else copies.push(copy)
  }

  of(id) {
    return this.#byFirstByte[id[0]].get(id.toString('latin1')) ?? []
  }
}

function findBlobs(folder, indexKey) {
  const places = new Places()
  for (const shelf of namesIn(join(folder, 'packs')))
    for (const name of readdirSync(join(folder, 'packs', shelf)).filter((name) =>
      /^[0-9a-f]{32}-[0-9a-f]{16}$/.test(name),
    )) {
      const path = join(folder, 'packs', shelf, name)
      for (const { id, offset, size } of blobsOf(path, name, indexKey)) places.add(id, { path, offset, size })
    }
  return places
}

/** What the pack says it holds; or, if that is lost, what looks like a blob in it: whether it is one, its seal tells on reading. */
function blobsOf(path, name, indexKey) {
  try {
    return [...listed(trailerOf(path, name, indexKey))]
  } catch (error) {
    console.error(`warning: the pack ${name} does not say what is in it: ${error.message}`)
  }
  try {
    return [...found(path)]
  } catch (error) {
    console.error(`warning: the pack ${name} cannot be read: ${error.message}`)
    return []
  }
}

function* listed(trailer) {
  for (let at = 16, left = trailer.readUInt32LE(4); left > 0; left--, at += 48)
    yield {
      id: trailer.subarray(at, at + 32),
      offset: trailer.readUInt32LE(at + 32),
      size: trailer.readUInt32LE(at + 36),
    }
}

/** Blob after blob by their headers; after a damaged one, wherever the next `BLB1` is. */
function* found(path) {
  const file = openSync(path, 'r')
  try {
    const end = fstatSync(file).size
    for (let at = nextMark(file, 0, end); at + 80 < end;) {
      const head = readAt(file, at, 64)
      const size = head.readUInt32LE(8)
      const isLikely = head[4] >= 1 && head[4] <= 3 && head[5] <= 1 && size > 80 && size <= 4 * 2 ** 20 + 80
      if (isLikely && at + size <= end) yield { id: head.subarray(20, 52), offset: at, size }
      // Nothing is passed over for what merely looks like a header.
      const isFollowed =
        isLikely && at + size + 4 <= end && /^(BLB1|PKTR)$/.test(readAt(file, at + size, 4).toString('latin1'))
      at = nextMark(file, isFollowed ? at + size : at + 4, end)
    }
  } finally {
    closeSync(file)
  }
}

/** Where the next `BLB1` begins; `end` if nowhere. What the medium does not give is passed over. */
function nextMark(file, from, end) {
  const windowSize = 2 ** 20
  for (let at = from; at < end; at += windowSize - 3) {
    const place = readOrZeroes(file, at, Math.min(windowSize, end - at)).indexOf('BLB1')
    if (place >= 0) return at + place
  }
  return end
}

function readOrZeroes(file, offset, size) {
  try {
    return readAt(file, offset, size)
  } catch {
    return Buffer.alloc(size)
  }
}

class Blobs {
  #keys
  #places
  #files = new Map()

  constructor(folder, keys) {
    this.#keys = keys
    this.#places = findBlobs(folder, keys.index)
  }

  /** The plaintext, proven to be what the id names. A copy on a bad spot of the medium is lost like a damaged one. */
  read(id) {
    let why = 'in no pack'
    for (const copy of this.#places.of(id))
      try {
        const plain = this.#open(id, copy)
        if (plain !== undefined) return plain
        why = 'damaged'
      } catch (error) {
        why = `unreadable: ${error.message}`
      }
    throw new Problem(`the blob ${hex(id)} is ${why}`)
  }

  #open(id, { path, offset, size }) {
    const blob = readAt(this.#file(path), offset, size)
    const head = blob.subarray(0, 64)
    if (head.toString('latin1', 0, 4) !== 'BLB1' || !head.subarray(20, 52).equals(id)) return undefined
    const isPage = head[4] === 2
    const generation = head.readUInt32LE(16)
    must(isPage || !this.#keys.erased.has(generation), `of the erased domain ${this.#keys.erased.get(generation)}`)
    const { key, ids } =
      (isPage ? { key: this.#keys.map, ids: this.#keys.mapIds } : this.#keys.data.get(generation)) ?? {}
    must(key !== undefined, `the key of generation ${generation} is not in the ring`)
    const body = unseal(hmac(key, id), head.subarray(52, 64), head, blob.subarray(64))
    if (body === undefined) return undefined
    const plain = head[5] === 1 ? zstdDecompressSync(body, { maxOutputLength: 4 * 2 ** 20 }) : body
    return hmac(ids, plain).equals(id) ? plain : undefined
  }

  #file(path) {
    if (!this.#files.has(path)) {
      if (this.#files.size > 200) {
        for (const file of this.#files.values()) closeSync(file)
        this.#files.clear()
      }
      this.#files.set(path, openSync(path, 'r'))
    }
    return this.#files.get(path)
  }
}

// --- §8 map, §9 points -------------------------------------------------------------------------------------------------------------

/** Every chunk that is not all zeroes: [number, id], ascending. */
function* chunksUnder(blobs, id, level, first, chunkSize, orLost) {
  const page = orLost(first * chunkSize, 256 ** (level + 1) * chunkSize, () => blobs.read(id))
  if (page === undefined) return
  must(page[0] === level, `the map page ${hex(id)} is of another level`)
  for (let slot = 0, at = 36; slot < 256; slot++) {
    if ((page[4 + (slot >> 3)] & (1 << (slot & 7))) === 0) continue
    const below = page.subarray(at, (at += 32))
    const number = first + slot * 256 ** level
    if (level === 0) yield [number, below]
    else yield* chunksUnder(blobs, below, level - 1, number, chunkSize, orLost)
  }
}

function* pointsOf(folder, keys) {
  for (const id of namesIn(join(folder, 'points'))
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .sort())
    try {
      const { kind, value } = openSealed(
        readFileSync(join(folder, 'points', id)),
        'VMKPPONT',
        keys.control,
        `the point ${id}`,
      )
      if (kind === 1) yield { id, ...value }
    } catch (error) {
      console.error(`warning: ${error.message}`)
    }
}

function onePoint(folder, keys, prefix) {
  const found = [...pointsOf(folder, keys)].filter(({ id }) => id.startsWith(prefix.toLowerCase()))
  must(found.length > 0, `there is no point ${prefix}: see 'list'`)
  must(
    found.length === 1,
    `${prefix} is the beginning of ${found.length} points: ${found.map(({ id }) => id).join(', ')}`,
  )
  return found[0]
}

// --- the three commands --------------------------------------------------------------------------------------------------------------

function list(folder, keys) {
  for (const { id, subject, createdAt, images, blobs } of pointsOf(folder, keys)) {
    console.log(`${id}  ${new Date(createdAt).toISOString()}  ${subject.name}`)
    for (const { key, label, capacityBytes } of images)
      console.log(`    disk ${key}  "${label}"  ${capacityBytes} bytes`)
    for (const name of Object.keys(blobs)) console.log(`    file ${name}`)
  }
}

function restore(folder, keys, [prefix, disk, target]) {
  const { id, images } = onePoint(folder, keys, prefix)
  const found = images.filter(({ key, label }) => key === disk || label === disk)
  must(
    found.length === 1,
    `the point ${id} has ${found.length} disks "${disk}"; it has ${images.map(({ key, label }) => `${key} ("${label}")`).join(', ')}`,
  )
  const [{ capacityBytes, chunkSizeBytes, height, root }] = found
  const blobs = new Blobs(folder, keys)
  const lost = []
  const orLost = (offset, size, read) => {
    try {
      return read()
    } catch (error) {
      if (!zeroLost || !(error instanceof Problem)) throw error
      lost.push(`bytes ${offset} to ${Math.min(offset + size, capacityBytes)}: ${error.message}`)
      return undefined
    }
  }
  newFile(target, (out) => {
    ftruncateSync(out, capacityBytes)
    let told = 0
    for (const [number, chunkId] of root === null
      ? []
      : chunksUnder(blobs, root, height - 1, 0, chunkSizeBytes, orLost)) {
      const offset = number * chunkSizeBytes
      const plain = orLost(offset, chunkSizeBytes, () => blobs.read(chunkId))
      if (plain === undefined) continue
      must(
        plain.length === chunkSizeBytes && offset < capacityBytes,
        `the chunk ${hex(chunkId)} does not fit its place`,
      )
      writeAll(out, plain.subarray(0, capacityBytes - offset), offset)
      if (offset - told < 2 ** 30) continue
      told = offset
      console.error(`${Math.round(offset / 2 ** 20)} of ${Math.round(capacityBytes / 2 ** 20)} MiB`)
    }
  })
  for (const line of lost) console.error(`lost: ${line}`)
  console.log(
    `${target}: ${capacityBytes} bytes, ${lost.length === 0 ? 'every chunk authenticated' : 'with what is lost as zeroes'}`,
  )
  if (lost.length > 0) process.exitCode = 3
}

function file(folder, keys, [prefix, name, target]) {
  const { id, blobs } = onePoint(folder, keys, prefix)
  must(Object.hasOwn(blobs, name), `the point ${id} has no file "${name}"; it has ${Object.keys(blobs).join(', ')}`)
  newFile(target, (out) => writeAll(out, new Blobs(folder, keys).read(blobs[name]), 0))
  console.log(target)
}

/** A file that gets its name only when it is whole, and never in another's place. */
function newFile(path, write) {
  must(!existsSync(path), `${path} is already there`)
  const partial = `${path}.${process.pid}.partial`
  const out = openSync(partial, 'wx')
  try {
    write(out)
    fsyncSync(out)
    linkSync(partial, path)
  } finally {
    closeSync(out)
    unlinkSync(partial)
  }
}

function writeAll(to, bytes, offset) {
  for (let done = 0; done < bytes.length;) done += writeSync(to, bytes, done, bytes.length - done, offset + done)
}

const options = { 'key-file': { type: 'string' }, 'zero-lost': { type: 'boolean' }, help: { type: 'boolean' } }
let zeroLost = false

try {
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const [folder, command, ...rest] = positionals
  const run = { list, restore, file }[command]
  if (values.help || run === undefined || rest.length !== (command === 'list' ? 0 : 3)) {
    console.error(usage)
    process.exit(values.help ? 0 : 2)
  }
  zeroLost = values['zero-lost'] === true
  const text = values['key-file']
    ? readFileSync(values['key-file'], 'utf8')
    : (process.env.VMKEEP_KEY ?? readFileSync(0, 'utf8'))
  run(folder, openKeys(folder, text.replace(/\r?\n$/, '')), rest)
} catch (error) {
  console.error(`error: ${error instanceof Problem || error.code !== undefined ? error.message : error.stack}`)
  process.exit(1)
}
