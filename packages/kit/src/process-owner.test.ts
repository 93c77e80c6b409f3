import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { isAlive, pidSpace, thisProcess } from './process-owner.ts'

it('this process lives, and another one of its number is dead', async () => {
  const here = await thisProcess()
  expect(here.pid).toBe(process.pid)
  expect(await isAlive(here)).toBe(true)
  if (here.startTicks !== 0) expect(await isAlive({ ...here, startTicks: here.startTicks + 1 })).toBe(false)
})

it('a process is dead once it has ended', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  const owner = { pid: child.pid!, startTicks: 0 }
  await once(child, 'exit')
  expect(await isAlive(owner)).toBe(false)
})

it.runIf(existsSync('/proc/self/ns/pid'))('the space of process numbers has one short name', async () => {
  const space = await pidSpace()
  expect(space).toMatch(/^[0-9a-f]{12}$/)
  expect(await pidSpace()).toBe(space)
})

it.runIf(existsSync('/proc/self/stat'))('a process is dead too while nobody has asked how it ended', async () => {
  const stateOf = (pid: number) => / \((?:.*)\) (.)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))![1]
  const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; kill -STOP $$'], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [said] = (await once(parent.stdout, 'data')) as [Buffer]
    const ended = { pid: Number(said), startTicks: 0 }
    await vi.waitUntil(() => stateOf(parent.pid!) === 'T') // from now on it asks nobody
    expect(await isAlive(ended)).toBe(true)
    process.kill(ended.pid, 'SIGKILL')
    await vi.waitUntil(() => stateOf(ended.pid) === 'Z')
    expect(await isAlive(ended)).toBe(false)
  } finally {
    parent.kill('SIGKILL')
  }
})
