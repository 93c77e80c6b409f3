import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { messageOf, type Secret } from '@vmkeep/kit'
import { fail } from './errors.ts'
import { type S3Location } from './location.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret
}

export interface S3ConnectionOptions {
  /** A server other than AWS, `https://host:port`. Left out, the SDK's own settings decide (AWS_ENDPOINT_URL_S3), then AWS. */
  readonly endpoint?: string
  /** Left out: AWS_REGION, the shared config; with an `endpoint` finally `us-east-1`, which most servers of one's own expect. */
  readonly region?: string
  /** `https://host/bucket/key` in place of `https://bucket.host/key`. With an `endpoint` it is the default. */
  readonly pathStyle?: boolean
  /** A profile of the shared config and credentials files. */
  readonly profile?: string
  /** Asked for when needed, again when they expire. Left out: environment, shared config, SSO, container, instance, in the SDK's order. */
  readonly credentials?: () => Promise<S3Credentials>
  /** Requests in flight at most. */
  readonly connectionsMax?: number
}

export const connectionsMaxDefault = 32
const connectTimeoutMs = 10_000
const regionOfOwnServers = 'us-east-1'

/** A client for one repository, which the caller destroys, and what to call it. @throws `s3.no-region`, `s3.invalid-endpoint` */
export async function connect(
  { bucket, prefix }: S3Location,
  options: S3ConnectionOptions,
): Promise<{ readonly client: S3Client; readonly name: string; readonly region: string }> {
  const endpoint = options.endpoint === undefined ? undefined : checkedEndpoint(options.endpoint)
  const place = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`
  const name = endpoint === undefined ? place : `${place} at ${endpoint}`
  const config = configOf(endpoint, options)
  const client = new S3Client(config)
  try {
    return { client, name, region: await client.config.region() }
  } catch (error) {
    client.destroy()
    if (endpoint === undefined) throw fail('s3.no-region', { storage: name }, new Error(messageOf(error)))
    return { client: new S3Client({ ...config, region: regionOfOwnServers }), name, region: regionOfOwnServers }
  }
}

function configOf(endpoint: string | undefined, options: S3ConnectionOptions): S3ClientConfig {
  const { region, profile, credentials, pathStyle = endpoint !== undefined } = options
  const agent = { keepAlive: true, maxSockets: options.connectionsMax ?? connectionsMaxDefault }
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials: async () => revealed(await credentials()) }),
    forcePathStyle: pathStyle,
    maxAttempts: 1, // we ask again ourselves: only we know that a repeated create may find its own work
    requestChecksumCalculation: 'WHEN_REQUIRED', // a put brings its own SHA-256
    responseChecksumValidation: 'WHEN_REQUIRED', // everything read is authenticated by the repository
    expectContinueHeader: false, // it would open a connection per put, past the agent's limit
    followRegionRedirects: false, // said once plainly, not paid for at every request
    requestHandler: { connectionTimeout: connectTimeoutMs, httpAgent: agent, httpsAgent: agent },
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  }
}

const revealed = ({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials) => ({
  accessKeyId,
  secretAccessKey: secretAccessKey.reveal(),
  ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
})

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw fail('s3.invalid-endpoint', { reason: 'is no HTTP address' })
  if (url.username !== '' || url.password !== '')
    throw fail('s3.invalid-endpoint', { reason: 'holds a name or a password, which belong into the credentials' })
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw fail('s3.invalid-endpoint', {
      reason: `has more than host and port, "${url.pathname}${url.search}${url.hash}"`,
    })
  return url.origin
}
