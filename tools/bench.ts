// `npm run bench [-- name…] [--size 8GiB] [--rounds 1] [--chunks 400M] [--phase write,search,mark,compact] [--folder /fast/disk] [-o json]`: how fast, how much memory, how much space; beside others in the same run.
// Never a test: nothing fails for being slow. docs/benchmarks.md says how to read it.
import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { userCacheFolder } from '@vmkeep/kit'
import { s3Scenario as s3, scenario as backup } from './bench/backup.ts'
import { scenario as copies } from './bench/copies.ts'
import { scenario as growth } from './bench/growth.ts'
import { scenario as inPlace } from './bench/in-place.ts'
import { scenario as latency } from './bench/latency.ts'
import { scenario as memory2Tib } from './bench/memory-2tib.ts'
import { scenario as nfc } from './bench/nfc-scenario.ts'
import { scenario as pipeline } from './bench/pipeline.ts'
import { scenario as restoreLimit } from './bench/restore-limit.ts'
import { scenario as scale } from './bench/scale.ts'
import { tableOf } from './bench/support/report.ts'
import { type BenchResult, ratiosOf, type Scenario } from './bench/support/scenario.ts'
import { scenario as transports } from './bench/transports.ts'
import { scenario as writers } from './bench/writers.ts'

const scenarios: Readonly<Record<string, Scenario>> = {
  pipeline,
  nfc,
  'memory-2tib': memory2Tib,
  latency,
  'restore-limit': restoreLimit,
  scale,
  transports,
  'in-place': inPlace,
  growth,
  writers,
  copies,
  backup,
  s3,
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o', default: 'table' },
    size: { type: 'string', default: '8GiB' },
    rounds: { type: 'string', default: '1' },
    chunks: { type: 'string', default: '20M' },
    phase: { type: 'string', default: '' },
    folder: { type: 'string', default: userCacheFolder('bench') },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(scenarios)
const unknown = names.filter((name) => !(name in scenarios))
if (unknown.length > 0)
  throw new Error(`no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`)

await mkdir(options.folder, { recursive: true })
const say = (line: string) => console.error(line)
const context = {
  sizeBytes: bytesOf(options.size),
  rounds: Number(options.rounds),
  chunks: countOf(options.chunks),
  phases: options.phase.split(',').filter((phase) => phase !== ''),
  folder: options.folder,
  say,
}
const results: BenchResult[] = []
for (const name of names) {
  const result = await scenarios[name]!(context)
  results.push(result)
  if (options.output !== 'json') console.log(tableOf(result))
}
if (options.output === 'json') console.log(JSON.stringify(results.map(withRatios), undefined, 2))

function withRatios(result: BenchResult) {
  return { ...result, metrics: result.metrics.map((metric) => ({ ...metric, ratios: ratiosOf(metric) })) }
}

function bytesOf(text: string): number {
  const [, number, unit = ''] = /^(\d+)(MiB|GiB)?$/.exec(text) ?? []
  if (number === undefined) throw new Error(`"${text}" is no size: write 512MiB or 8GiB`)
  return Number(number) * (unit === 'GiB' ? 2 ** 30 : unit === 'MiB' ? 2 ** 20 : 1)
}

function countOf(text: string): number {
  const [, number, unit = ''] = /^(\d+)(M?)$/.exec(text) ?? []
  if (number === undefined) throw new Error(`"${text}" is no number of chunks: write 20M or 400M`)
  return Number(number) * (unit === 'M' ? 1e6 : 1)
}
