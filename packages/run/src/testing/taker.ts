// One of many processes that want the same VM at the same moment.
import { lockVm } from '../vm-lock.ts'
import type { TakerRequest } from './start-taker.ts'

const vm = { name: 'web', uuid: '50112233-4455-6677-8899-aabbccddeeff' }
const held: AsyncDisposable[] = []

async function answer(request: TakerRequest): Promise<number> {
  if ('release' in request) {
    for (const lock of held.splice(0)) await lock[Symbol.asyncDispose]()
    return 0
  }
  const works = Array.from({ length: request.times }, (_, i) => `taker ${i}`)
  const results = await Promise.allSettled(works.map((work) => lockVm(request.take, vm, work)))
  const got = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  held.push(...got)
  return got.length
}

process.on('message', (request: TakerRequest) => {
  void answer(request).then((count) => process.send!(count))
})
