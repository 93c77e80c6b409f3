// A process to be killed. It does what the CLI does, with the same functions, and dies where VMKEEP_CRASH_AT or its task says.
import { writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { runBackup } from '@vmkeep/backup'
import { collect, Secret, systemClock } from '@vmkeep/kit'
import { openFolderStorage, openRepository, type Repository } from '@vmkeep/repository'
import { restoreInPlace, restoreToFiles, restoreToOtherVm, restoreToVsphere } from '@vmkeep/restore'
import { cleanUpLeftovers, type OnRunEvent, type RunEvent, vmPointOf } from '@vmkeep/run'
import { holdEnder, defaultTransport } from '@vmkeep/transport'
import { listVms, openSession, type Session } from '@vmkeep/vsphere'
import type { VictimTask } from './victim-task.ts'

const { signal } = new AbortController()

async function main(task: VictimTask): Promise<void> {
  const { password, thumbprint, ...place } = task.endpoint
  const endpoint = {
    ...place,
    password: async () => new Secret(password),
    trust: { by: 'thumbprint', thumbprint },
  } as const
  await using session = await openSession({ endpoint, clock: systemClock })
  await using repository = await openRepository(await openFolderStorage(task.repositoryFolder), {
    key: new Secret(task.passphrase),
    workersMax: 0,
    packSizeBytes: 1024 * 1024, // small, so that there are several to die between
  })
  await work(task, session, repository, listener(task))
}

async function work(
  { stateFolder, work: what }: VictimTask,
  session: Session,
  repository: Repository,
  onEvent: OnRunEvent,
): Promise<void> {
  const common = { session, repository, stateFolder, onEvent, signal }
  const pointOf = async (id: string) => vmPointOf(await repository.point(id))
  if (what.kind === 'clean-up') await cleanUpLeftovers({ ...common, endHold: holdEnder() })
  if (what.kind === 'backup') {
    const vms = (await collect(listVms(session))).filter(({ name }) => what.vms.includes(name))
    await runBackup({ ...common, vms, options: what.options })
  }
  if (what.kind === 'restore-to-files')
    await restoreToFiles({ ...common, ...what, point: await pointOf(what.point), disks: [], verify: true })
  if (what.kind === 'restore-in-place') {
    const how = {
      disks: [],
      compareAll: false,
      powerOff: true,
      powerOn: false,
      verify: true,
      transport: defaultTransport,
    }
    await restoreInPlace({ ...common, ...how, point: await pointOf(what.point) })
  }
  if (what.kind === 'restore-to-other-vm') {
    const point = await pointOf(what.point)
    await restoreToOtherVm({ ...common, ...what, transport: defaultTransport, point, verify: true })
  }
  if (what.kind === 'restore-to-vsphere') {
    const point = await pointOf(what.point)
    await restoreToVsphere({ ...common, transport: defaultTransport, ...what, point, verify: true, powerOn: false })
  }
}

function listener({ at }: VictimTask): OnRunEvent {
  let seen = 0
  return (event) => {
    if (at === undefined || !matches(event, at.event) || ++seen !== (at.nth ?? 1)) return
    writeSync(1, 'reached\n') // synchronous: nothing else will be done by this process
    process.kill(process.pid, at.signal)
  }
}

const matches = (event: RunEvent, wanted: Partial<RunEvent>): boolean =>
  Object.entries(wanted).every(([key, value]) => (event as unknown as Record<string, unknown>)[key] === value)

await main(JSON.parse(await text(process.stdin)) as VictimTask)
