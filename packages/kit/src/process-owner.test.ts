import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
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
