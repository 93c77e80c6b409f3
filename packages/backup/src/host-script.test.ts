import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@vmkeep/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostScriptCall, runHostScript } from './host-script.ts'
import { outputBytesMax } from './script-output.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-script-'))
})
afterAll(() => rm(folder, { recursive: true }))

let count = 0
async function script(body: string, mode = 0o700): Promise<string> {
  const path = join(folder, `script-${++count}`)
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, mode)
  return path
}

const run = async (path: string, change: Partial<HostScriptCall> = {}) =>
  runHostScript({ path, env: {}, timeoutMs: 60_000, clock: systemClock, ...change })

/** Sleeps not at all: time is up at once. */
const hasty: Clock = { ...systemClock, sleep: async (_, signal) => signal?.throwIfAborted() }

describe('a script on the host', () => {
  it('runs, and what it says is kept', async () => {
    expect(await run(await script('echo frozen; echo hm >&2'))).toEqual({ output: expect.stringContaining('frozen') })
  })

  it('sees what it is given and nothing of our environment', async () => {
    process.env['VMKEEP_TEST_SECRET'] = 'hunter2'
    const { output } = await run(await script('env'), { env: { VMKEEP_VM_NAME: 'web; $(id)' } })
    delete process.env['VMKEEP_TEST_SECRET']
    expect(output).toContain('VMKEEP_VM_NAME=web; $(id)')
    expect(output).not.toContain('hunter2')
  })

  it.each<[string, string, number, string]>([
    ['it ends with another code than 0', 'exit 3', 0o700, 'exit code 3'],
    ['a signal ends it', 'kill -9 $$', 0o700, 'SIGKILL'],
    ['others can write to it', 'true', 0o722, 'chmod go-w'],
    ['it may not be run', 'true', 0o600, 'cannot be started'],
  ])('has failed when %s', async (_, body, mode, failure) => {
    expect((await run(await script(body, mode))).failure).toContain(failure)
  })

  it('is never looked for', async () => {
    expect((await run('true')).failure).toContain('not absolute')
    expect((await run(join(folder, 'none'))).failure).toContain('ENOENT')
    expect((await run(folder)).failure).toContain('no file')
  })

  it('cannot fill our memory: the end of what it says is kept, which says why it failed', async () => {
    const { failure, output } = await run(await script('head -c 1000000 /dev/zero | tr "\\0" x; echo the disk is full'))
    expect(failure).toBeUndefined()
    expect(output.length).toBeLessThan(outputBytesMax)
    expect(output).toMatch(/^x{4000,}the disk is full$/)
  })

  it('cannot command the terminal of who reads the report', async () => {
    const { output } = await run(await script(String.raw`printf '\033[2J\033[31mred\033[0m\a\tand\nplain'`))
    expect(output).toBe('red\tand\nplain')
  })

  it('is ended when its time is up, with all that it started', async () => {
    const { failure } = await run(await script('sleep 1000 & sleep 1000'), { clock: hasty })
    expect(failure).toContain('took longer')
  })

  it('is ended when the run is cancelled', async () => {
    const controller = new AbortController()
    const abortingOnceStarted: Clock = {
      ...systemClock,
      sleep(durationMs, signal) {
        controller.abort(new Error('Ctrl-C'))
        return systemClock.sleep(durationMs, signal)
      },
    }
    const running = run(await script('sleep 1000'), { signal: controller.signal, clock: abortingOnceStarted })
    await expect(running).rejects.toThrow('Ctrl-C')
  })

  it('is not even started when that came before', async () => {
    const path = await script(`touch ${join(folder, 'trace')}`)
    await expect(run(path, { signal: AbortSignal.abort(new Error('Ctrl-C')) })).rejects.toThrow('Ctrl-C')
    await expect(stat(join(folder, 'trace'))).rejects.toThrow('ENOENT')
  })
})
