import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setInterval } from 'node:timers'

export interface Measured {
  readonly seconds: number
  /** User and system time of the process, all its threads. */
  readonly cpuSeconds: number
  /** The most memory it held, as the kernel counts it (VmHWM). */
  readonly peakRssBytes: number
  readonly stdout: string
}

const sampleMs = 10
const clockTicksPerSecond = 100 // USER_HZ, the same on every Linux a person has

/**
 * Runs a program to its end and measures it, `sync` of what it wrote to `syncFolder` included: programs differ in what they leave to the kernel.
 * Memory and processor time are what /proc said last, at most 10 ms before its end.
 *
 * @throws with what it said, if it failed
 */
export async function measure(
  [program, ...args]: readonly [string, ...string[]],
  { env = {}, syncFolder }: { readonly env?: Readonly<Record<string, string>>; readonly syncFolder?: string },
): Promise<Measured> {
  const startMs = performance.now()
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let usage = { cpuSeconds: 0, peakRssBytes: 0 }
  const timer = setInterval(() => (usage = usageOf(child.pid) ?? usage), sampleMs)
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)]
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout()}${stderr()}`)
  } finally {
    clearInterval(timer)
  }
  if (syncFolder !== undefined) await sync(syncFolder)
  return { seconds: (performance.now() - startMs) / 1000, ...usage, stdout: stdout() }
}

/** Of each number the smaller: a shared machine only ever makes things slower. */
export function leastOf(a: Measured | undefined, b: Measured): Measured {
  if (a === undefined) return b
  return {
    seconds: Math.min(a.seconds, b.seconds),
    cpuSeconds: Math.min(a.cpuSeconds, b.cpuSeconds),
    peakRssBytes: Math.min(a.peakRssBytes, b.peakRssBytes),
    stdout: '',
  }
}

function usageOf(pid: number | undefined): { cpuSeconds: number; peakRssBytes: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const peakKiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])
    // Field 2, the program's name, may hold blanks and brackets: count from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return Number.isNaN(peakKiB) ? undefined : { cpuSeconds: ticks / clockTicksPerSecond, peakRssBytes: peakKiB * 1024 }
  } catch {
    return undefined // it has just ended
  }
}

/** Brings what was written to the disk of `folder`, so that nobody's writes are paid for by the next. */
export function sync(folder: string): Promise<void> {
  const child = spawn('sync', ['--file-system', folder], { stdio: 'ignore' })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', () => resolve()))
}

function text(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}
