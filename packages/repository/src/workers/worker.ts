// The body of a worker thread: does one job after the other, as they come.
import { parentPort, workerData } from 'node:worker_threads'
import { errorToData } from '@vmkeep/kit'
import type { JobKind } from './jobs.ts'
import { jobsOn } from './jobs.ts'
import type { JobMessage, KeysMessage, ReplyMessage, WorkerStart } from './worker-pool.ts'

const { memory, keys } = workerData as WorkerStart
let jobs = jobsOn(memory, keys)

parentPort!.on('message', (message: JobMessage | KeysMessage) => {
  if ('keys' in message) jobs = jobsOn(memory, message.keys)
  else parentPort!.postMessage(reply(message.number, message.kind, message.input))
})

function reply(number: number, kind: JobKind, input: unknown): ReplyMessage {
  try {
    return { number, output: jobs[kind](input as never) }
  } catch (error) {
    return { number, error: errorToData(error) }
  }
}
