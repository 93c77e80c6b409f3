import { describe, expect, it } from 'vitest'
import { fakeWorld } from '../testing.ts'
import { askSecret, confirm } from './ask.ts'

const { signal } = new AbortController()
const question = { question: 'Password', instead: 'set VMKEEP_X', signal }
const at = (...answers: string[]) => fakeWorld([], { isTTY: true, answers })

describe('questions', () => {
  it('read a secret without showing it, and leave the terminal as it was', async () => {
    const world = at('pa\u007Fßw 字\r')
    expect((await askSecret(world, question)).reveal()).toBe('pßw 字')
    expect(world.stderr.written).toBe('Password: \n')
    expect(world.stdin.rawMode).toBe(false)
    expect(world.stdin.listenerCount('data')).toBe(0)
  })

  it('take what is pasted in pieces', async () => {
    const world = fakeWorld([], { isTTY: true })
    const asked = askSecret(world, question)
    world.stdin.emit('data', 'half')
    world.stdin.emit('data', 'whole\u0015again\n')
    expect((await asked).reveal()).toBe('again')
  })

  it.each([
    ['y\r', true],
    ['Yes\n', true],
    ['n\r', false],
    ['\r', false],
    ['yep\r', false],
    ['\u0004', false],
  ])('%j is %s to yes or no', async (answer, yes) => expect(await confirm(at(answer), question)).toBe(yes))

  it('end with Ctrl-C as an interruption', async () => {
    await expect(confirm(at('y\u0003'), question)).rejects.toMatchObject({ name: 'Interruption', exit: 'interrupted' })
  })

  it('end with the signal', async () => {
    const controller = new AbortController()
    const asked = confirm(fakeWorld([], { isTTY: true }), { ...question, signal: controller.signal })
    controller.abort(new Error('stop'))
    await expect(asked).rejects.toThrow('stop')
  })

  it('are not asked without a terminal; the error says what to do instead', async () => {
    await expect(askSecret(fakeWorld([]), question)).rejects.toMatchObject({
      code: 'cli.not-a-terminal',
      message: expect.stringContaining('set VMKEEP_X'),
    })
  })
})
