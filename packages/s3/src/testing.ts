// A fake S3 for others' tests.
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { type Clock, Secret, systemClock } from '@vmkeep/kit'
import { connect, type S3Credentials } from './connect.ts'
import { openS3Storage, type S3Options } from './open-s3-storage.ts'
import type { S3Storage } from './s3-storage.ts'

export { type FakeS3, type FakeS3Options, openFakeS3, type S3Fault } from './fake-s3.ts'

export const testCredentials = {
  accessKeyId: 'TESTACCESSKEY',
  secretAccessKey: new Secret('test-secret-key'),
  sessionToken: new Secret('test-session-token'),
}

/** Waits for nothing before a second try, and keeps how long it would have waited; deadlines never come. */
export function impatientClock(timeoutMs: number): Clock & { readonly waitsMs: number[] } {
  const waitsMs: number[] = []
  return {
    ...systemClock,
    waitsMs,
    async sleep(durationMs, signal) {
      if (durationMs >= timeoutMs) return await systemClock.sleep(2 ** 30, signal)
      waitsMs.push(durationMs)
      signal?.throwIfAborted()
    },
  }
}

/** A storage in a server on this machine. */
export function openTestStorage(endpoint: string, url: string, options: S3Options = {}): Promise<S3Storage> {
  return openS3Storage(url, {
    endpoint,
    region: 'us-east-1',
    credentials: async () => testCredentials,
    timeoutMs: 1e8,
    clock: impatientClock(1e8),
    ...options,
  })
}

/** Makes a bucket for Object Lock in a server on this machine. */
export async function createLockingBucket(endpoint: string, bucket: string, credentials: S3Credentials): Promise<void> {
  const { client } = await connect({ bucket, prefix: '' }, { endpoint, credentials: async () => credentials })
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }))
  } finally {
    client.destroy()
  }
}
