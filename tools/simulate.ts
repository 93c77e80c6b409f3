// `npm run simulate`: the simulation of packages/repository/src/simulation, by the hundred thousand, on all cores.
// VMKEEP_SIMULATION_SCHEDULES: how many. VMKEEP_SIMULATION_SEED: the first. VMKEEP_SIMULATION_MINUTES: when to stop at the latest.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { messageOf } from '@vmkeep/kit'
import { simulate } from '@vmkeep/repository/simulation'

/** So many schedules are given out at once. */
const batchSize = 100
const failuresMax = 5
/** After so many it tells how far it is. */
const tellEvery = 10_000

interface Failure {
  readonly seed: number
  readonly message: string
}

/** What became of some schedules. */
interface Done {
  readonly failures: readonly Failure[]
  /** Processor time, which does not depend on what else the machine does. */
  readonly cpuMs: number
}

if (process.send === undefined) await lead()
else work(process.send.bind(process))

/** Gives out seeds, and tells what came of them. */
async function lead(): Promise<void> {
  const first = numberIn('VMKEEP_SIMULATION_SEED', 1)
  const end = first + numberIn('VMKEEP_SIMULATION_SCHEDULES', 1000)
  const deadlineMs = performance.now() + numberIn('VMKEEP_SIMULATION_MINUTES', Infinity) * 60_000
  const failures: Failure[] = []
  let next = first
  let done = 0
  let cpuMs = 0
  const serve = async (child: ChildProcess) => {
    const died = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`a worker ended with exit code ${code}`)),
    )
    while (next < end && performance.now() < deadlineMs && failures.length < failuresMax) {
      const seeds = { from: next, end: Math.min(end, next + batchSize) }
      next = seeds.end
      child.send(seeds)
      const [batch] = (await Promise.race([once(child, 'message'), died])) as [Done]
      for (const failure of batch.failures) tell(failure)
      failures.push(...batch.failures)
      cpuMs += batch.cpuMs
      done += seeds.end - seeds.from
      if (done % tellEvery < batchSize && done >= tellEvery) console.log(`${done} done`)
    }
    died.catch(() => {}) // it was told to
    child.disconnect()
  }
  const started = performance.now()
  console.log(`${end - first} schedules from seed ${first} on: VMKEEP_SIMULATION_SEED=${first}`)
  const children = Array.from({ length: availableParallelism() }, () =>
    fork(import.meta.filename, { execArgv: ['--max-semi-space-size=32'] }),
  )
  await Promise.all(children.map(serve))
  const seconds = (performance.now() - started) / 1000
  const wanted = done < end - first ? ` of ${end - first}` : ''
  console.log(
    `${done}${wanted} schedules from seed ${first} on, ${failures.length} failed, in ${seconds.toFixed(0)} s ` +
      `(${(cpuMs / done).toFixed(1)} ms of processor time each)`,
  )
  process.exitCode = failures.length === 0 ? 0 : 1
}

/** At once: whoever stops the run still knows. */
function tell({ seed, message }: Failure): void {
  console.log(
    `schedule ${seed}: ${message}\nagain: VMKEEP_SIMULATION_SEED=${seed} VMKEEP_SIMULATION_SCHEDULES=1 npm run simulate\n`,
  )
}

function work(reply: (done: Done) => unknown): void {
  process.on('message', ({ from, end }: { from: number; end: number }) => {
    void run(from, end).then(reply)
  })
}

async function run(from: number, end: number): Promise<Done> {
  const before = process.cpuUsage()
  const failures: Failure[] = []
  for (let seed = from; seed < end; seed++)
    await simulate(seed).catch((error: unknown) => failures.push({ seed, message: messageOf(error) }))
  const { user, system } = process.cpuUsage(before)
  return { failures, cpuMs: (user + system) / 1000 }
}

function numberIn(name: string, fallback: number): number {
  const text = process.env[name]
  const value = text === undefined ? fallback : Number(text)
  if (!(value > 0)) throw new Error(`${name}: "${text}" is no number above 0`)
  return value
}
