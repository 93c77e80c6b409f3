import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string
  /** Where its bucket `backups` lies: objects are plain files there. Buckets made for locks keep versions, apart. */
  readonly bucketFolder: string
}

/** What a server of {@link startS3Server} lets in. */
export const s3ServerKey = { accessKeyId: 'judge', secretAccessKey: 'a-secret-of-the-judge' } as const

/** Starts versitygw, the `program`, over a new folder in `parent`, on a port that was free a moment ago; should another have taken it meanwhile, on the next. */
export async function startS3Server(program: string, parent = tmpdir()): Promise<S3Server> {
  const folder = await mkdtemp(join(parent, 'vmkeep-s3-'))
  const [data, sidecar, versions] = [join(folder, 'data'), join(folder, 'sidecar'), join(folder, 'versions')]
  const bucketFolder = join(data, 'backups')
  for (const path of [bucketFolder, sidecar, versions]) await mkdir(path, { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const listen = `127.0.0.1:${await freePort()}`
    const folders = ['--sidecar', sidecar, '--versioning-dir', versions, data]
    const args = ['--port', listen, '--quiet', '--keep-alive', 'posix', ...folders]
    const child = spawn(program, args, {
      env: { ROOT_ACCESS_KEY: s3ServerKey.accessKeyId, ROOT_SECRET_KEY: s3ServerKey.secretAccessKey },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += text.toString()))
    const closed = once(child, 'close')
    const stop = async () => {
      child.kill()
      await closed
      await rm(folder, { recursive: true })
    }
    const endpoint = `http://${listen}`
    const answers = async () => {
      while (
        child.exitCode === null &&
        !(await fetch(endpoint).then(
          () => true,
          () => false,
        ))
      )
        await new Promise((resolve) => setTimeout(resolve, 20))
      return child.exitCode === null
    }
    if (await answers()) return { endpoint, bucketFolder, [Symbol.asyncDispose]: stop }
    if (attempt === 3) throw new Error(`versitygw ended at once: ${said}`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
