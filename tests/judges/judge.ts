import { spawn } from 'node:child_process'
import { test, type TestContext } from 'vitest'
import { findJudge, judgesFolder } from '../../tools/find-judge.ts'

type Judges<Names extends readonly string[]> = Readonly<Record<Names[number], string>>

/**
 * A test in which programs we did not write judge our bytes.
 *
 * `names` are programs (`qemu-img`) or Python modules (`python:pyVmomi`, which gives a Python that imports it); `check` gets their paths.
 * A judge that is not installed skips the test with the reason, but fails it where `CI=true`: there nothing may go unjudged.
 */
export function judgeTest<const Names extends readonly string[]>(
  name: string,
  names: Names,
  check: (judges: Judges<Names>, context: TestContext) => Promise<void>,
  timeoutMs?: number,
): void {
  test(
    name,
    async (context) => {
      const found = Object.fromEntries(names.map((judge) => [judge, findJudge(judge)]))
      const missing = names.filter((judge) => found[judge] === undefined)
      if (missing.length > 0) absent(missing, context)
      await check(found as Judges<Names>, context)
    },
    timeoutMs,
  )
}

function absent(missing: readonly string[], context: TestContext): never {
  const reason = `no ${missing.join(', ')} on PATH or in ${judgesFolder()}; run "node tools/install-judges.ts"`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return context.skip(reason)
}

export interface Verdict {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface JudgeRun {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
}

/** Runs a judge to its end. Its exit code is an answer, not an error: look at it. @throws if it cannot start or outstays `timeoutMs` */
export function runJudge(program: string, args: readonly string[], options: JudgeRun = {}): Promise<Verdict> {
  const { cwd, env, input, timeoutMs = 120_000 } = options
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
  child.stdin.on('error', () => {}) // a judge need not read all we offer
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) =>
      signal === 'SIGKILL'
        ? reject(new Error(`${program} ${args.join(' ')} was killed after at most ${timeoutMs} ms: ${stderr()}`))
        : resolve({ exitCode, stdout: stdout(), stderr: stderr() }),
    )
  })
}

/** Runs a judge that must agree, and returns what it printed. @throws with all it said, if its exit code is not 0 */
export async function mustAgree(program: string, args: readonly string[], options: JudgeRun = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runJudge(program, args, options)
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`)
  return stdout
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}
