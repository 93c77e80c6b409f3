import { DeleteObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Upload } from './upload.ts'

export interface Target {
  readonly Bucket: string
  readonly Key: string
}

/** Tells one put from every other put of the same key: who finds the key taken reads it back, and knows its own. */
export const putIdName = 'vmkeep-put'

/**
 * A put that creates, or fails with 412. One SHA-256 serves twice: as the payload's hash it is signed, so that nothing on the way
 * can change the bytes, and as the object's checksum it is kept by the server, for audits without reading.
 *
 * `body` is the upload's own, save for a test of what the server does with damage.
 */
export function putNewCommand(
  target: Target,
  upload: Upload,
  { putId, body = upload.body() }: PutOptions,
): PutObjectCommand {
  const command = new PutObjectCommand({
    ...target,
    Body: body,
    ContentLength: upload.sizeBytes,
    IfNoneMatch: '*',
    ChecksumSHA256: upload.sha256.toString('base64'),
    Metadata: { [putIdName]: putId },
  })
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-content-sha256'] = upload.sha256.toString('hex')
      return next(args)
    },
    { step: 'build', name: 'signedPayload' },
  )
  return command
}

interface PutOptions {
  readonly putId: string
  readonly body?: ReturnType<Upload['body']>
}

/** Not quiet: what the answer does not name as deleted is not believed to be. */
export const deleteManyCommand = (bucket: string, keys: readonly string[]): DeleteObjectsCommand =>
  new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: false } })
