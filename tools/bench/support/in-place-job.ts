// Backs up the VM of a lab, or restores it in place: `in-place-job.ts <job as JSON>`.
import { runBackup } from '@vmkeep/backup'
import { plainOptions } from '@vmkeep/backup/testing'
import { collect, Secret, systemClock } from '@vmkeep/kit'
import { createRepository, openFolderStorage, openRepository } from '@vmkeep/repository'
import { restoreInPlace } from '@vmkeep/restore'
import { vmPointOf } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { listVms, openSession, type Session } from '@vmkeep/vsphere'

export interface InPlaceJob {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly thumbprint: string
  readonly repositoryFolder: string
  readonly stateFolder: string
  /** The restore point to bring back; a backup is made if left out. */
  readonly point?: string
  /** Whether what was written is read back. */
  readonly verify?: boolean
}

const passphrase = new Secret('only for the bench')
const { signal } = new AbortController()
const onEvent = () => {}

async function backup(session: Session, { repositoryFolder, stateFolder }: InPlaceJob): Promise<string> {
  await using storage = await openFolderStorage(repositoryFolder, { create: true })
  const { repository } = await createRepository(storage, { passphrase })
  await using _repository = repository
  const report = await runBackup({
    session,
    repository,
    vms: await collect(listVms(session)),
    options: plainOptions,
    stateFolder,
    onEvent,
    signal,
  })
  const [vm] = report.vms
  if (vm?.point === undefined) throw new Error(`the backup failed: ${JSON.stringify(report)}`)
  return vm.point
}

async function restore(session: Session, { repositoryFolder, stateFolder, verify = true }: InPlaceJob, point: string) {
  await using storage = await openFolderStorage(repositoryFolder)
  await using repository = await openRepository(storage, { key: passphrase })
  const report = await restoreInPlace({
    session,
    repository,
    point: vmPointOf(await repository.point(point)),
    disks: [],
    compareAll: false,
    powerOff: false,
    powerOn: false,
    transport: defaultTransport,
    verify,
    stateFolder,
    onEvent,
    signal,
  })
  return report.disks.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0)
}

const job = JSON.parse(process.argv[2]!) as InPlaceJob
await using session = await openSession({
  endpoint: {
    host: job.host,
    port: job.port,
    username: job.username,
    password: async () => new Secret(job.password),
    trust: { by: 'thumbprint', thumbprint: job.thumbprint },
  },
  clock: systemClock,
})
console.log(
  JSON.stringify(job.point === undefined ? await backup(session, job) : await restore(session, job, job.point)),
)
