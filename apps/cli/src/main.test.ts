import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = join(import.meta.dirname, 'main.ts')
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vmkeep-main-'))
})
afterAll(() => rm(home, { recursive: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The real program as a process of its own. */
function vmkeep(...argv: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: home }
  const child = spawn(process.execPath, [main, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

describe('the program', () => {
  it('shows help on stdout and nothing on stderr', async () => {
    const { code, stdout, stderr } = await vmkeep('--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('FIRST STEPS')
  })

  it('refuses wrong input on stderr with exit 2', async () => {
    const { code, stdout, stderr } = await vmkeep('bakup', 'web-01')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Did you mean backup?')
  })

  it('ends quietly and whole when its reader goes away', async () => {
    const child = spawn('sh', ['-c', `"$0" "$1" help environment 2>&1 >&3 | cat >&2; :`, process.execPath, main], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    child.stdio[3]!.destroy() // nobody reads stdout
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    await new Promise((resolve) => child.on('close', resolve))
    expect(stderr).toBe('')
  })

  it('writes whole answers into a pipe, larger than the pipe', async () => {
    const path = join(home, 'large.yaml')
    const names = Array.from({ length: 5000 }, (_, i) => `  - {name: vcenter-${i}, host: h${i}.example.org}`)
    await writeFile(path, `vcenters:\n${names.join('\n')}\n`)
    const { code, stdout } = await vmkeep('config', 'view', '-o', 'json', '--config', path)
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as { vcenters: unknown[] }).vcenters).toHaveLength(5000)
  })
})
