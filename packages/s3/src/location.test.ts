import { Secret } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connect } from './connect.ts'
import { isS3Url, parseS3Url } from './location.ts'
import { awsListPrices, estimateCostUsd } from './request-counts.ts'

describe('an S3 URL', () => {
  it.each([
    ['s3://backups', 'backups', ''],
    ['s3://backups/', 'backups', ''],
    ['S3://my.backups-01/site A'.replace(' ', '-'), 'my.backups-01', 'site-A'],
    ['s3://backups/a/b.c/', 'backups', 'a/b.c'],
  ])('%s names a bucket and a prefix', (url, bucket, prefix) => expect(parseS3Url(url)).toEqual({ bucket, prefix }))

  it.each([
    's3:',
    's3://',
    's3:///a',
    's3://B',
    's3://Backups',
    's3://ab',
    's3://a..b',
    's3://backups//a',
    's3://backups/a//b',
    's3://backups/../a',
    's3://backups/a b',
    's3://backups/a?b',
    `s3://backups/${'x/'.repeat(300)}`,
    'https://backups',
    '/backups',
  ])('is refused as %s', (url) =>
    expect(() => parseS3Url(url)).toThrow(expect.objectContaining({ code: 's3.invalid-url' }) as Error),
  )

  it('shows no secret that was written into it', () => {
    expect(() => parseS3Url('s3://KEY:hush@minio/bucket')).toThrow(/s3:\/\/…@minio/)
    expect(() => parseS3Url('s3://KEY:hush@minio/bucket')).not.toThrow(/hush/)
  })

  it('is a location or an error of ours, whatever it is', () =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseS3Url(`s3://${text}`).bucket).toMatch(/^[a-z0-9.-]{3,63}$/)
        } catch (error) {
          expect(error).toMatchObject({ code: 's3.invalid-url' })
        }
      }),
    ))

  it('is told from a folder', () => {
    expect(['s3://a', 'S3://a', 's3:a'].every(isS3Url)).toBe(true)
    expect(['/s3', 's3', './s3:/a', 's3/x'].some(isS3Url)).toBe(false)
  })
})

describe('an S3 endpoint', () => {
  const location = { bucket: 'backups', prefix: 'a' }
  const credentials = async () => ({ accessKeyId: 'x', secretAccessKey: new Secret('y') })

  it.each(['minio', 'minio:9000', 'ftp://minio', 'https://u:p@minio', 'https://minio/path', 'https://minio?x=1'])(
    'is refused as %s',
    async (endpoint) => {
      const error = await connect(location, { endpoint, credentials }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 's3.invalid-endpoint',
        message: expect.not.stringContaining('u:p') as string,
      })
    },
  )

  it('is part of what the storage is called', async () => {
    const { client, name, region } = await connect(location, {
      endpoint: 'https://minio:9000/',
      region: 'garage',
      credentials,
    })
    client.destroy()
    expect({ name, region }).toEqual({ name: 's3://backups/a at https://minio:9000', region: 'garage' })
  })
})

describe('the estimate of cost', () => {
  const none = { put: 0, get: 0, list: 0, head: 0, delete: 0, retries: 0, bytesUp: 0, bytesDown: 0 }

  it('follows the list prices', () => {
    // A TiB in packs of 64 MiB, as the repository's design reckons it.
    expect(estimateCostUsd({ ...none, put: 16_384 })).toBeCloseTo(0.08192)
    expect(estimateCostUsd({ ...none, list: 1638 })).toBeCloseTo(0.00819)
    expect(estimateCostUsd({ ...none, get: 1e6, head: 1e6, delete: 1e6, retries: 1e6 })).toBeCloseTo(0.8)
    expect(estimateCostUsd({ ...none, bytesDown: 1e12 })).toBe(0)
    expect(estimateCostUsd({ ...none, bytesDown: 1e12 }, { outsideRegion: true })).toBeCloseTo(90)
    expect(estimateCostUsd({ ...none, put: 10 }, { prices: { ...awsListPrices, put: 1 } })).toBe(10)
  })
})
