import { repositoryFail } from '@vmkeep/repository'
import { AppError } from '@vmkeep/kit'
import { fail } from './errors.ts'

/** Which request, for messages. */
export interface S3Request {
  readonly storage: string
  readonly key: string
  /** In S3's words: `PutObject`. */
  readonly request: string
  readonly region: string
}

/** What we look at in an error of the SDK. */
interface Answer {
  readonly code: string
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly message: string
}

const messageCharactersMax = 200
const retryAfterMsMax = 60_000

// Source: Amazon S3 API Reference, "Error responses"; the others' names from MinIO's and Ceph's own lists. Evidence: documented.
const wrongCredentials = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'InvalidSecurity',
  'XAdminUserNotFound', // versitygw, with status 404. Evidence: observed.
]
const wrongRegion = [
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'TemporaryRedirect',
]
const full = [
  'QuotaExceeded',
  'BucketQuotaExceeded',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'InsufficientStorage',
  'InsufficientCapacity',
]
/** The server found other bytes than we said we sent. */
export const damagedOnTheWay = [
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'IncompleteBody',
]
const passing = [
  'SlowDown',
  'RequestTimeout',
  'InternalError',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'ConditionalRequestConflict',
  'OperationAborted',
]
const unsupported = ['NotImplemented', 'MissingContentLength', 'EntityTooLarge', 'MethodNotAllowed']
const clockWrong = ['RequestTimeTooSkewed', 'RequestExpired']

/** The error code and the HTTP status of a failed request. Both may be missing: not every failure is an answer. */
export function answerOf(error: unknown): Answer {
  const { name, message, $metadata, $response, code } = (error ?? {}) as {
    name?: string
    message?: string
    code?: string
    $metadata?: { httpStatusCode?: number }
    $response?: { statusCode?: number; headers?: Record<string, string> }
  }
  return {
    code: $metadata === undefined ? (code ?? name ?? 'Error') : (name ?? 'Error'),
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
    headers: $response?.headers ?? {},
    message: String(message ?? error),
  }
}

/**
 * What a failed request means to whoever runs backups. An error of ours passes through.
 *
 * The SDK's error is not kept as cause: it can hold the request as it was signed, with its session token.
 */
export function s3Failure(error: unknown, about: S3Request, nowMs: number): AppError {
  if (error instanceof AppError) return error
  const answer = answerOf(error)
  const reason = reasonOf(answer)
  const cause = new Error(reason)
  const { storage, key, request, region } = about
  const { code, status } = answer
  const is = (...codes: readonly string[]) => codes.includes(code)

  if (is('NoSuchBucket')) return repositoryFail('storage.missing', { storage }, cause)
  if (is('CredentialsProviderError')) return fail('s3.no-credentials', { storage, reason }, cause)
  if (is(...wrongCredentials)) return fail('s3.credentials-refused', { storage, reason }, cause)
  if (is(...clockWrong)) return fail('s3.clock-wrong', { storage, reason }, cause)
  if (is(...wrongRegion) || status === 301)
    return fail('s3.wrong-region', { storage, region, fact: answer.headers['x-amz-bucket-region'] ?? reason }, cause)
  if (is(...full) || status === 507) return repositoryFail('storage.full', { storage, key }, cause)
  if (is(...unsupported) || status === 501) return fail('s3.not-supported', { storage, request, reason }, cause)
  if (is('AccessDenied', 'AllAccessDisabled', 'AccountProblem') || status === 401 || status === 403)
    return repositoryFail('storage.no-permission', { storage, key, reason }, cause)
  if (!isRefusal(answer)) {
    const retryAfterMs = retryAfterMsOf(answer, nowMs)
    return repositoryFail(
      'storage.unavailable',
      { storage, key, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      cause,
    )
  }
  return fail('s3.refused', { storage, request, key, reason }, cause)
}

/** Whether the server understood and said no, so that asking again is of no use. No answer at all is none. */
const isRefusal = ({ code, status }: Answer) =>
  status !== undefined &&
  status >= 400 &&
  status < 500 &&
  ![408, 409, 412, 429].includes(status) &&
  !passing.includes(code) &&
  !damagedOnTheWay.includes(code)

/** One line a person can read: `503 SlowDown, Please reduce your request rate`. */
function reasonOf({ code, status, message }: Answer): string {
  const line = message.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  const text = line.length > messageCharactersMax ? `${line.slice(0, messageCharactersMax)}…` : line
  const head = status === undefined || status === 200 ? code : `${status} ${code}`
  if (code === 'Error') return text
  return text === '' || text === code || text === 'UnknownError' ? head : `${head}, ${text}`
}

/** Source: RFC 9110, 10.2.3: seconds, or a date. Evidence: documented. */
function retryAfterMsOf({ headers }: Answer, nowMs: number): number | undefined {
  const value = headers['retry-after']
  if (value === undefined) return undefined
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), retryAfterMsMax)
}
