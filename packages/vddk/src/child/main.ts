// The process of libvixDiskLib: whatever the library does to it, it does to nobody else. Asked over descriptor 3, ends with it.
import { Socket } from 'node:net'
import { errorToData } from '@vmkeep/kit'
import { frame, FrameReader } from '../protocol/frames.ts'
import type { Answer, Question } from '../protocol/messages.ts'
import { dieWithParent } from './callbacks.ts'
import { VixFailure } from './library.ts'
import { Service } from './service.ts'

/** Not `process.exit`, which waits for a thread that the library may never give back. */
const die = () => void process.kill(process.pid, 'SIGKILL')

dieWithParent()
const socket = new Socket({ fd: 3 })
const service = new Service()

const reader = new FrameReader<Question>((question, body) => void serve(question, body))
socket.on('data', (chunk) => reader.push(chunk)).on('close', die)
socket.on('error', die)

async function serve({ id, name, takes }: Question, asked: Uint8Array): Promise<void> {
  const [answer, body] = await answerTo(id, async () => {
    const handler = service.handlers[name] as (takes: object, body: Uint8Array) => Promise<object>
    return await handler(takes, asked)
  })
  socket.cork()
  for (const piece of frame(answer, body)) socket.write(piece)
  socket.uncork()
}

async function answerTo(id: number, work: () => Promise<object>): Promise<[Answer, Uint8Array?]> {
  try {
    const result = (await work()) as { readonly gives?: object; readonly body?: Uint8Array }
    return result.body === undefined ? [{ id, gives: result }] : [{ id, gives: result.gives! }, result.body]
  } catch (error) {
    if (error instanceof VixFailure) return [{ id, refused: { vix: error.vix, text: error.message } }]
    return [{ id, failed: errorToData(error) }]
  }
}
