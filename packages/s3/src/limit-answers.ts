import type { S3Client } from '@aws-sdk/client-s3'
import { Readable, Transform, pipeline } from 'node:stream'

/** A list of 1,000 keys of full length, with everything a server may add, is a tenth of this. */
const answerBytesMax = 16 * 1024 * 1024

/** Breaks off an answer in XML that does not end: the SDK would gather it in memory. Objects are bounded by who reads them. */
export function limitAnswers(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args)
        const response = result.response as { statusCode: number; body: unknown }
        const isObject = commandName === 'GetObjectCommand' && response.statusCode < 300
        if (!isObject && response.body instanceof Readable) response.body = limited(response.body)
        return result
      },
    { step: 'deserialize', name: 'limitAnswers', priority: 'low' },
  )
}

function limited(body: Readable): Readable {
  let left = answerBytesMax
  const limit = new Transform({
    transform(piece: Buffer, _, done) {
      left -= piece.length
      if (left < 0) done(new Error(`an answer of more than ${answerBytesMax} bytes`))
      else done(null, piece)
    },
  })
  return pipeline(body, limit, () => {}) // whoever reads gets the error
}
