import { fail } from './errors.ts'

/** Where in S3 a repository lies. */
export interface S3Location {
  readonly bucket: string
  /** Folder-like start of every key, without slash at either end; empty for the whole bucket. */
  readonly prefix: string
}

// Source: Amazon S3 User Guide, "Bucket naming rules" and "Naming Amazon S3 objects" (safe characters). Evidence: documented.
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const prefixName = /^[A-Za-z0-9!_.*'()-]{1,120}$/
const prefixCharactersMax = 400 // a key has 1,024 bytes, and ours add some 200 at most

export const isS3Url = (text: string): boolean => /^s3:/i.test(text)

/** Takes `s3://bucket/prefix` apart. @throws `s3.invalid-url` */
export function parseS3Url(url: string): S3Location {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(url) ?? []
  const refuse = (reason: string) => fail('s3.invalid-url', { url: withoutSecrets(url), reason })
  if (!bucketName.test(bucket) || bucket.includes('..'))
    throw refuse(bucket === '' ? 'names no bucket' : `names a bucket that cannot exist, "${withoutSecrets(bucket)}"`)
  const prefix = path.replace(/\/$/, '')
  const names = prefix === '' ? [] : prefix.split('/')
  const wrong = names.find((name) => !prefixName.test(name) || name === '.' || name === '..')
  if (wrong !== undefined) throw refuse(`has a prefix with a part that is not safe in a key, "${wrong}"`)
  if (prefix.length > prefixCharactersMax) throw refuse(`has a prefix of more than ${prefixCharactersMax} characters`)
  return { bucket, prefix }
}

/** Other tools take `s3://key:secret@host/…`; who writes that here must not find it in a log. */
const withoutSecrets = (text: string) => (text.includes('@') ? text.replace(/^(s3:\/\/)?.*@/is, '$1…@') : text)
