import { spawn } from 'node:child_process'

export interface ProgramResult {
  readonly exitCode: number
  /** What it wrote to stdout and stderr, in the order it came. */
  readonly output: string
  readonly elapsedMs: number
}

/** Runs a program to its end and keeps what it says. A program that cannot start ends with 127, as in a shell. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ProgramResult> {
  const startMs = performance.now()
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve) => {
    const end = (exitCode: number) =>
      resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8'), elapsedMs: performance.now() - startMs })
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${error.message}\n`))
      end(127)
    })
    child.on('close', (exitCode) => end(exitCode ?? 128))
  })
}

/** As {@link runProgram}, for steps that must succeed. @throws with the whole output */
export async function mustRun(...call: Parameters<typeof runProgram>): Promise<ProgramResult> {
  const result = await runProgram(...call)
  if (result.exitCode !== 0)
    throw new Error(`${[call[0], ...call[1]].join(' ')} ended with ${result.exitCode}:\n${result.output.trimEnd()}`)
  return result
}
