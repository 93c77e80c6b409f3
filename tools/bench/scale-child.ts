// Does one thing with an index of so many chunks in a process of its own, and says what it took in one line of JSON: node scale-child.ts <folder> <chunks> <phase>
import { readFileSync } from 'node:fs'
import { seededRandom } from '@vmkeep/kit'
import { idOf, SyntheticIndex } from './support/synthetic-index.ts'

/** Each may cost a read of the disk. */
const lookUps = 100_000
/** Marks here and there, as images name chunks; then in the order of the index, of which each block is read once. */
const scatteredMax = 100_000
const ascendingMax = 4_000_000
const atOnce = 10_000

const [folder = '', chunksText, phase = ''] = process.argv.slice(2)
const chunks = Number(chunksText)
const random = seededRandom('look-ups')
const id = new Uint8Array(32)

const phases: Readonly<Record<string, () => Promise<object>>> = {
  async write() {
    const seconds = await secondsOf(() => SyntheticIndex.write(folder, chunks))
    return { perSecond: chunks / seconds, seconds }
  },
  async search() {
    const { index, openSeconds } = await open()
    const chosen = () => idOf(Math.floor(random.fraction() * chunks), chunks, id)
    const absent = () => {
      chosen()[15]! ^= 1
      return id
    }
    return { openSeconds, hits: await lookUp(index, chosen, true), misses: await lookUp(index, absent, false) }
  },
  async mark() {
    const { index, openSeconds } = await open()
    using set = index.store.index.marks()
    const markAll = (marks: number, chunkOf: (i: number) => number) =>
      secondsOf(async () => {
        for (let i = 0; i < marks; i++) {
          set.add(idOf(chunkOf(i), chunks, id))
          if (i % atOnce === 0) await new Promise(setImmediate)
        }
      })
    const scattered = Math.min(chunks, scatteredMax)
    const seconds = await markAll(scattered, (i) => (i * 61_803_399) % chunks)
    const ascending = Math.min(chunks, ascendingMax)
    const ascendingSeconds = await markAll(ascending, (i) => Math.floor((i * chunks) / ascending))
    let marked = 0
    const gatheredSeconds = await secondsOf(() => set.forEach(() => void marked++))
    const rates = { perSecond: scattered / seconds, ascendingPerSecond: ascending / ascendingSeconds }
    return { openSeconds, marked, ...rates, gatheredSeconds }
  },
  async compact() {
    const { index, openSeconds } = await open()
    let entries = 0
    const seconds = await secondsOf(async () => (entries = await index.compact()))
    return { openSeconds, entries, perSecond: entries / seconds, seconds }
  },
}

const measured = await phases[phase]!()
console.log(JSON.stringify({ ...measured, peakMiB: peakMiB(), memoryMiB: memoryMiB() }))

async function open() {
  let index!: SyntheticIndex
  const openSeconds = await secondsOf(async () => (index = await SyntheticIndex.open(folder, chunks)))
  return { index, openSeconds }
}

async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function peakMiB(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}

/** Of what the memory is, at the end. */
function memoryMiB(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(process.memoryUsage()).map(([name, bytes]) => [name, Math.round(bytes / 2 ** 20)]),
  )
}

async function lookUp(index: SyntheticIndex, next: () => Uint8Array, expected: boolean) {
  const micros = new Float64Array(lookUps)
  for (let i = 0; i < lookUps; i++) {
    next()
    const start = performance.now()
    const found = index.store.index.find(id) !== undefined
    micros[i] = (performance.now() - start) * 1000
    if (found !== expected) throw new Error(`chunk ${i} was ${found ? '' : 'not '}found`)
    if (i % atOnce === 0) await new Promise(setImmediate)
  }
  micros.sort()
  const total = micros.reduce((sum, each) => sum + each, 0)
  return { perSecond: (lookUps / total) * 1e6, p99Micros: micros[Math.floor(lookUps * 0.99)]! }
}
