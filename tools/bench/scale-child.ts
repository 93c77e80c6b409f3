// Measures an index of so many chunks in a process of its own, and says so in one line of JSON: node scale-child.ts <folder> <chunks>
import { readFileSync } from 'node:fs'
import { seededRandom } from '@vmkeep/kit'
import { idOf, SyntheticIndex } from './support/synthetic-index.ts'

const lookUps = 1_000_000
const marksMax = 20_000_000
const atOnce = 10_000

const [folder, chunksText] = process.argv.slice(2)
const chunks = Number(chunksText)
const random = seededRandom('look-ups')
const id = new Uint8Array(32)

await using index = new SyntheticIndex(folder!, chunks)
const seconds = async (work: () => unknown) => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** How far it is, and the most memory it had: the largest takes long. */
const tell = (stage: string, value: object | number) =>
  console.error(`${stage}: ${JSON.stringify(value)}, peak ${Math.round(peakMiB())} MiB`)

const written = await seconds(() => index.write())
const chosen = () => idOf(Math.floor(random.fraction() * chunks), chunks, id)
const absent = () => {
  chosen()[15]! ^= 1
  return id
}
tell('written', { seconds: written })
const hits = await lookUp(chosen, true)
tell('hits', hits)
const misses = await lookUp(absent, false)
tell('misses', misses)
const marks = Math.min(chunks, marksMax)
const marked = await seconds(mark)
tell('marked', { marks, seconds: marked })
let entries = 0
const compacted = await seconds(async () => (entries = await index.compact()))
console.log(
  JSON.stringify({
    writtenPerSecond: chunks / written,
    hits,
    misses,
    marksPerSecond: marks / marked,
    compactedPerSecond: entries / compacted,
    peakMiB: peakMiB(),
  }),
)

function peakMiB(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}

async function lookUp(next: () => Uint8Array, expected: boolean) {
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

async function mark(): Promise<void> {
  using set = index.store.index.marks()
  for (let i = 0; i < marks; i++) {
    set.add(idOf(Math.floor((i * 0.618_033_988_75 * chunks) % chunks), chunks, id)) // here and there, as images name them
    if (i % atOnce === 0) await new Promise(setImmediate)
  }
}
