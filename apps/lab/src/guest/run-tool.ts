import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fail } from '../errors.ts'

export interface ToolRun {
  /** The package that brings the tool, for the error that says so. */
  readonly package: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** Runs a program to its end and returns what it printed. @throws `lab.tool-missing`, `lab.tool-failed` */
export async function runTool(tool: string, args: readonly string[], options: ToolRun): Promise<string> {
  options.signal?.throwIfAborted()
  const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` // where e2fsprogs lies, and where users do not look
  const child = spawn(tool, args, {
    env: { ...process.env, ...options.env, PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  })
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    if (exitCode !== 0) throw fail('lab.tool-failed', { tool, says: await stderr })
    return await stdout
  } catch (error) {
    options.signal?.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw fail('lab.tool-missing', { tool, package: options.package }, error)
    throw error
  }
}

async function gather(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}
