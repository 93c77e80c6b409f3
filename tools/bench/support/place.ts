import { join } from 'node:path'
import { findJudge } from '../../find-judge.ts'
import { s3ServerKey, startS3Server } from '../../start-s3-server.ts'

/** Where contestants keep their repositories: folders of the measured disk, or prefixes of a bucket whose server lies on the same disk. */
export interface Place extends AsyncDisposable {
  readonly name: 'folder' | 'S3'
  /** Of an S3 server, as `127.0.0.1:4711`; its only bucket is `backups`. */
  readonly s3Host?: string
  /** The folder in which the bytes of a contestant's repository end up. */
  bytesOf(contestant: string): string
}

export const folderPlace = (folder: string): Place => ({
  name: 'folder',
  bytesOf: (contestant) => join(folder, contestant, 'repository'),
  [Symbol.asyncDispose]: async () => {},
})

/** @throws if versitygw is not installed */
export async function s3Place(folder: string): Promise<Place> {
  const program = findJudge('versitygw')
  if (program === undefined) throw new Error('no versitygw: run "npx node tools/install-judges.ts"')
  const server = await startS3Server(program, folder)
  return {
    name: 'S3',
    s3Host: server.endpoint.replace('http://', ''),
    bytesOf: (contestant) => join(server.bucketFolder, contestant),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** What programs read to be let in by the server of {@link s3Place}. */
export const s3Environment = {
  AWS_ACCESS_KEY_ID: s3ServerKey.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3ServerKey.secretAccessKey,
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
}
