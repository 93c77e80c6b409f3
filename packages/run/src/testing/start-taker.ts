import { fork } from 'node:child_process'
import { once } from 'node:events'

export type TakerRequest = { readonly take: string; readonly times: number } | { readonly release: true }

/** A process of its own that takes VM locks when told to. */
export interface Taker {
  /** How many locks it got. */
  ask(request: TakerRequest): Promise<number>
  kill(): Promise<void>
}

export function startTaker(): Taker {
  const child = fork(new URL('./taker.ts', import.meta.url), { execArgv: [] })
  const ended = once(child, 'exit')
  return {
    async ask(request) {
      const died = ended.then(() => Promise.reject(new Error('the taker has died')))
      died.catch(() => {})
      child.send(request)
      const [count] = (await Promise.race([once(child, 'message'), died])) as [number]
      return count
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
