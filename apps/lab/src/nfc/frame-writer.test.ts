import { PassThrough } from 'node:stream'
import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { FrameWriter } from './frame-writer.ts'

it('sends nothing behind a frame that was cut in half, nor another half', async () => {
  const stream = new PassThrough()
  const writer = new FrameWriter(stream, seededRandom('cut'))
  const results = await Promise.allSettled([
    writer.send(Buffer.from('before ')),
    writer.spoil({ do: 'truncate' }, [Buffer.from('frame'), Buffer.from(' with data')]),
    writer.send(Buffer.from('behind')),
    writer.spoil({ do: 'truncate' }, [Buffer.from('another')]),
  ])
  expect(stream.read()?.toString()).toBe('before frame w')
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected'])
})
