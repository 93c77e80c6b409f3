import { Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { Interruption } from '../interruption.ts'
import type { World } from '../world.ts'

/** Whether there is a person to ask: questions go to stderr, answers come from stdin. */
export function canAsk({ stdin, stderr }: Pick<World, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

interface Question {
  readonly question: string
  /** What to do where there is no terminal. */
  readonly instead: string
  readonly signal: AbortSignal
}

/** Asks for a secret without showing it. @throws `cli.not-a-terminal` */
export async function askSecret(world: World, { question, instead, signal }: Question): Promise<Secret> {
  if (!canAsk(world)) throw fail('cli.not-a-terminal', { question, instead })
  return new Secret(await readLine(world, `${question}: `, { hidden: true, signal }))
}

/** Asks for a line of text. @throws `cli.not-a-terminal` */
export async function askText(world: World, { question, instead, signal }: Question): Promise<string> {
  if (!canAsk(world)) throw fail('cli.not-a-terminal', { question, instead })
  return (await readLine(world, `${question}: `, { hidden: false, signal })).trim()
}

/** Asks yes or no; only `y` or `yes` is yes. @throws `cli.not-a-terminal` */
export async function confirm(world: World, { question, instead, signal }: Question): Promise<boolean> {
  if (!canAsk(world)) throw fail('cli.not-a-terminal', { question, instead })
  return /^y(es)?$/i.test((await readLine(world, `${question} [y/N] `, { hidden: false, signal })).trim())
}

/** One line typed at the terminal. In raw mode, so that Ctrl-C and what is typed are ours to handle. */
function readLine(
  { stdin, stderr }: World,
  prompt: string,
  options: { hidden: boolean; signal: AbortSignal },
): Promise<string> {
  const { hidden, signal } = options
  signal.throwIfAborted()
  return new Promise<string>((resolve, reject) => {
    let typed: string[] = []
    const end = (finish: () => void) => {
      stdin.off('data', take)
      stdin.off('end', close)
      signal.removeEventListener('abort', abort)
      stdin.setRawMode?.(false)
      stdin.pause()
      stderr.write('\n')
      finish()
    }
    const abort = () => end(() => reject(signal.reason as Error))
    const close = () => end(() => resolve(typed.join('')))
    const take = (text: string) => {
      for (const character of text) {
        if (character === '\u0003') return end(() => reject(new Interruption('interrupted')))
        if (character === '\r' || character === '\n' || character === '\u0004') return close()
        if (character === '\u0008' || character === '\u007F') {
          if (typed.pop() !== undefined && !hidden) stderr.write('\b \b')
        } else if (character === '\u0015') typed = []
        else {
          typed.push(character)
          if (!hidden) stderr.write(character)
        }
      }
    }
    stderr.write(prompt)
    signal.addEventListener('abort', abort)
    stdin.setEncoding('utf8')
    stdin.setRawMode?.(true)
    stdin.on('data', take)
    stdin.on('end', close)
    stdin.resume()
  })
}
