import { defineErrors } from '@vmkeep/kit'

interface About {
  /** `s3://bucket/prefix at https://endpoint`. */
  storage: string
}

/** What can go wrong with S3 alone. What can go wrong with any storage has the codes `storage.*` of the repository. */
export const fail = defineErrors({
  's3.invalid-url': [
    'change-request',
    (d: { url: string; reason: string }) => `"${d.url}" ${d.reason}: write s3://bucket or s3://bucket/prefix`,
  ],
  's3.invalid-endpoint': [
    'change-request',
    (d: { reason: string }) => `the S3 endpoint ${d.reason}: write it as https://host or https://host:port`,
  ],
  's3.no-region': [
    'change-request',
    (d: About) =>
      `no region is known for ${d.storage}: set "region", or AWS_REGION; for a server of your own set "endpoint"`,
  ],
  's3.wrong-region': [
    'change-request',
    (d: About & { region: string; fact: string }) =>
      `${d.storage} was asked in region ${d.region} and is not there (${d.fact}): set "region" to the bucket's own`,
  ],
  's3.no-credentials': [
    'call-operator',
    (d: About & { reason: string }) =>
      `no credentials for ${d.storage} (${d.reason}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or give this machine a role`,
  ],
  's3.credentials-refused': [
    'call-operator',
    (d: About & { reason: string }) =>
      `${d.storage} does not accept the credentials (${d.reason}): check access key, secret key and session token, and that they are of this endpoint`,
  ],
  's3.clock-wrong': [
    'call-operator',
    (d: About & { reason: string }) =>
      `${d.storage} refuses requests because of this machine's clock (${d.reason}): set the clock right, best by NTP`,
  ],
  's3.not-supported': [
    'call-operator',
    (d: About & { request: string; reason: string }) =>
      `${d.storage} cannot do what a repository needs, ${d.request} (${d.reason}): update that server, or use one with conditional writes and checksums`,
  ],
  's3.refused': [
    'call-operator',
    (d: About & { request: string; key: string; reason: string }) =>
      `${d.storage} refused ${d.request}${d.key === '' ? '' : ` of ${d.key}`} (${d.reason}): look the answer up in the server's documentation and log`,
  ],
})
