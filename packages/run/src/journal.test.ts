import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instanceId, newRunId } from './instance.ts'
import { Journal, type Leftover, readJournals } from './journal.ts'
import { describeSnapshot, formatMarker, isMarkedBy, parseMarker } from './marker.ts'

const marker = { instanceId: '0a1b2c3d', runId: '0123456789ab', vmUuid: '50112233-4455-6677-8899-aabbccddeeff' }
const snapshot: Leftover = { kind: 'snapshot', endpointId: 'vc-1', vmName: 'web', vmRef: 'vm-42', marker }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-run-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('a state folder that cannot be used is named, with the reason', async () => {
  const notAFolder = join(folder, 'file')
  await writeFile(notAFolder, '')
  const random = seededRandom('state')
  for (const work of [() => instanceId(notAFolder, random), () => Journal.start(notAFolder, 'aa')])
    await expect(work()).rejects.toMatchObject({
      code: 'run.state-unusable',
      message: expect.stringMatching(/file cannot be used: E[A-Z]+: .*VMKEEP_STATE_DIR/),
    })
})

describe('a journal', () => {
  it('lists what was intended or created and is not gone', async () => {
    const journal = await Journal.start(folder, 'aa')
    const [first, second] = [await journal.intend(snapshot), await journal.intend({ ...snapshot, vmName: 'db' })]
    await journal.intend({ ...snapshot, vmName: 'mail' })
    await first.created('snapshot-1')
    await second.created('snapshot-2')
    await second.gone()
    const [run] = await readJournals(folder)
    expect(run).toMatchObject({ runId: 'aa', alive: true, owner: { pid: process.pid } })
    expect(run?.outstanding).toMatchObject([{ vmName: 'web', vmRef: 'vm-42', ref: 'snapshot-1' }, { vmName: 'mail' }])
    await journal[Symbol.asyncDispose]()
  })

  it('goes when nothing is outstanding and stays when something is', async () => {
    const done = await Journal.start(folder, 'done')
    await (await done.intend(snapshot)).gone()
    const open = await Journal.start(folder, 'open')
    await open.intend(snapshot)
    await open[Symbol.asyncDispose]()
    expect((await readdir(join(folder, 'journal'))).toSorted()).toEqual(['done.jsonl', 'open.jsonl'])
    await done[Symbol.asyncDispose]()
    await done[Symbol.asyncDispose]()
    expect(await readdir(join(folder, 'journal'))).toEqual(['open.jsonl'])
  })

  it('survives a torn last line', async () => {
    const journal = await Journal.start(folder, 'torn')
    await journal.intend(snapshot)
    await appendFile(join(folder, 'journal', 'torn.jsonl'), '{"type":"intended","id":2,"ki')
    expect((await readJournals(folder))[0]?.outstanding).toHaveLength(1)
    await journal[Symbol.asyncDispose]()
  })

  it.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1, startTicks: 5 }],
    ['of an earlier process with the same number', { pid: process.ppid, startTicks: 1 }],
  ])('%s is not alive', async (_name, owner) => {
    await mkdir(join(folder, 'journal'))
    await writeFile(join(folder, 'journal', 'x.jsonl'), `${JSON.stringify({ type: 'run', runId: 'x', owner })}\n`)
    expect((await readJournals(folder))[0]?.alive).toBe(false)
  })

  it('that this process has closed with something outstanding is not alive either', async () => {
    const journal = await Journal.start(folder, 'x')
    await journal.intend(snapshot)
    await journal[Symbol.asyncDispose]()
    expect(await readJournals(folder)).toMatchObject([{ alive: false, outstanding: [{ vmName: 'web' }] }])
  })

  it('is an empty list where there is no folder yet', async () =>
    expect(await readJournals(join(folder, 'none'))).toEqual([]))

  it('that cannot be read is no journal of nothing', async () => {
    await mkdir(join(folder, 'journal', 'x.jsonl'), { recursive: true })
    await expect(readJournals(folder)).rejects.toMatchObject({
      code: 'run.state-unusable',
      message: expect.stringContaining('EISDIR') as string,
    })
    await writeFile(join(folder, 'file'), '')
    await expect(readJournals(join(folder, 'file'))).rejects.toMatchObject({ code: 'run.state-unusable' })
  })
})

describe('a marker', () => {
  it('reads back as it was written and fits a snapshot name', () => {
    expect(formatMarker(marker)).toHaveLength(65)
    expect(parseMarker(formatMarker(marker))).toEqual(marker)
  })

  it.each(['', 'vmkeep', 'backup of web', `${formatMarker(marker)}x`, formatMarker(marker).replace('vmkeep', 'other')])(
    'is not seen in %j',
    (text) => expect(parseMarker(text)).toBeUndefined(),
  )

  it('must stand in the name and in the description', () => {
    const [name, description] = [formatMarker(marker), describeSnapshot(marker)]
    expect(isMarkedBy(marker, { name, description })).toBe(true)
    expect(isMarkedBy(marker, { name: 'mine', description })).toBe(false)
    expect(isMarkedBy(marker, { name, description: 'a copy made by hand' })).toBe(false)
    expect(isMarkedBy({ ...marker, runId: 'ffffffffffff' }, { name, description })).toBe(false)
  })
})

it('an instance id is made once; a damaged one is refused', async () => {
  const first = await instanceId(folder, seededRandom(1))
  expect(await instanceId(folder, seededRandom(2))).toBe(first)
  await writeFile(join(folder, 'instance-id'), 'zz')
  await expect(instanceId(folder, seededRandom(3))).rejects.toMatchObject({ code: 'run.instance-id-damaged' })
})

it('run ids sort by time', () => {
  const at = (ms: number) =>
    newRunId({ nowMs: () => ms, monotonicMs: () => 0, sleep: async () => {} }, seededRandom(ms))
  expect([at(2_000_000), at(1_000_000)].toSorted()).toEqual([at(1_000_000), at(2_000_000)])
})
