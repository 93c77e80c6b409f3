import { expect, it } from 'vitest'
import { fail } from '../errors.ts'
import { FakeSession } from '../fake-session.ts'
import type { Transfer, TransferOptions } from '../session/session.ts'
import { streamFile } from './stream-file.ts'
import { uploadStream } from './upload-stream.ts'

const bytes = Buffer.from('the memory of a guest, byte by byte')
const file = '[fast] web/web.vmem'

/** Serves `bytes` in pieces of ten and breaks off after as many bytes as it is told for each request. */
class BreakingSession extends FakeSession {
  readonly asked: (string | undefined)[] = []
  readonly #breaks: number[]
  readonly #ranges: boolean
  constructor(breaks: number[], { ranges = true } = {}) {
    super()
    this.#breaks = breaks
    this.#ranges = ranges
  }

  override async httpGet(_path: string, { headers }: TransferOptions = {}): Promise<Transfer> {
    this.asked.push(headers?.['range'])
    const from = this.#ranges ? Number(/\d+/.exec(headers?.['range'] ?? '0')![0]) : 0
    const status = this.#ranges && headers !== undefined ? 206 : 200
    return { status, headers: {}, body: this.#serve(from), [Symbol.dispose]: () => {} }
  }

  async *#serve(from: number) {
    const until = from + (this.#breaks.shift() ?? Infinity)
    for (let at = from; at < bytes.length && at < until; at += 10) yield bytes.subarray(at, Math.min(at + 10, until))
    if (until < bytes.length) throw fail('vsphere.reply-lost', { host: 'esx', what: 'GET', reason: 'reset' })
  }
}

async function all(session: FakeSession, sizeBytes = bytes.length): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of streamFile(session, file, { sizeBytes })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

it('a broken connection goes on where it was', async () => {
  const session = new BreakingSession([13, 5])
  expect(await all(session)).toBe(bytes.toString())
  expect(session.asked).toEqual([undefined, 'bytes=13-', 'bytes=18-'])
})

it('a server that knows no ranges is read again, and nothing comes twice', async () => {
  expect(await all(new BreakingSession([13, 25], { ranges: false }))).toBe(bytes.toString())
})

it('one that always breaks is given up', async () => {
  await expect(all(new BreakingSession(Array.from({ length: 20 }, () => 1)))).rejects.toMatchObject({
    code: 'vsphere.reply-lost',
  })
})

it.each([bytes.length + 1, bytes.length - 1])(
  'a file of another size than was listed is an error: %i',
  async (size) => {
    await expect(all(new BreakingSession([]), size)).rejects.toMatchObject({ code: 'vsphere.file-cut' })
  },
)

it('a refusal names the file', async () => {
  await expect(all(new FakeSession())).rejects.toMatchObject({ code: 'vsphere.file-refused', details: { status: 404 } })
})

it('an upload tells a refusal', async () => {
  const session = new FakeSession({}, { about: { apiType: 'HostAgent' } })
  session.files.set('/folder/web/web.vmem?dcPath=ha-datacenter&dsName=fast', { status: 507, body: Buffer.of() })
  const pieces = (async function* () {
    yield bytes
  })()
  await expect(uploadStream(session, file, pieces, { sizeBytes: bytes.length })).rejects.toMatchObject({
    code: 'vsphere.file-refused',
    details: { status: 507 },
  })
})
