export type { S3ConnectionOptions, S3Credentials } from './connect.ts'
export { fail as s3Fail } from './errors.ts'
export { isS3Url, parseS3Url, type S3Location } from './location.ts'
export { openS3Storage, type S3Options } from './open-s3-storage.ts'
export {
  awsListPrices,
  estimateCostUsd,
  type ListPrices,
  type RequestClass,
  type RequestCounts,
} from './request-counts.ts'
export type { S3Storage } from './s3-storage.ts'
