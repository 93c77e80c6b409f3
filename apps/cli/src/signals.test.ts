import { describe, expect, it } from 'vitest'
import type { Catalogue } from './catalogue.ts'
import { command } from './command.ts'
import { fakeWorld } from './testing.ts'
import { run } from './run.ts'

/** A command that works until it is aborted, and takes `cleanUps` turns of the event loop to clean up. */
const working = (seen: string[]): Catalogue => ({
  work: async () =>
    command({
      name: 'work',
      summary: 'Work',
      examples: [],
      async run({ signal, progress }) {
        progress.onEvent({ type: 'run-started', runId: 'r', vms: ['web'] })
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        await new Promise((resolve) => setTimeout(resolve, 5))
        seen.push('cleaned up')
        throw signal.reason
      },
    }),
})

const start = (setting: Parameters<typeof fakeWorld>[1] = {}) => {
  const seen: string[] = []
  const world = fakeWorld(['work'], setting)
  const ended = run(world, working(seen))
  return {
    seen,
    world,
    ended,
    ready: () => expect.poll(() => world.signals.listenerCount('SIGINT'), { interval: 1 }).toBe(1),
  }
}

describe('signals', () => {
  it.each([
    ['SIGINT', 130, /interrupted/],
    ['SIGTERM', 143, /terminated/],
  ])('%s lets the work clean up and exits %d', async (name, code, message) => {
    const { seen, world, ended, ready } = start()
    await ready()
    world.signals.emit(name)
    expect(await ended).toBe(code)
    expect(seen).toEqual(['cleaned up'])
    expect(world.stderr.written).toMatch(message)
  })

  it('the second Ctrl-C says what would be left, the third leaves', async () => {
    const { world, ended, ready } = start()
    await ready()
    world.signals.emit('SIGINT')
    world.signals.emit('SIGINT')
    expect(world.stderr.written).toMatch(/can leave a snapshot named "vmkeep\.…".*doctor --fix/)
    expect(world.left).toEqual([])
    world.signals.emit('SIGINT')
    expect(world.left).toEqual([130])
    await ended
  })

  it('SIGUSR1 prints one status line', async () => {
    const { world, ended, ready } = start()
    await ready()
    world.signals.emit('SIGUSR1')
    expect(world.stderr.written).toMatch(/elapsed, 0 of 0 disks done/)
    world.signals.emit('SIGINT')
    await ended
  })

  it('nothing listens any more when the command has ended', async () => {
    const { world, ended, ready } = start()
    await ready()
    world.signals.emit('SIGINT')
    await ended
    expect(world.signals.eventNames()).toEqual([])
  })
})
