// A VM's disk by VMware's own library keeps the contract of all disks: session and certificate from a lab, the library a make-believe one.
import { readFile } from 'node:fs/promises'
import { MemoryDisk } from '@vmkeep/disk'
import { type DiskContent, diskReaderContract, diskWriterContract } from '@vmkeep/disk/testing'
import { seededRandom, systemClock } from '@vmkeep/kit'
import { startLab } from '@vmkeep/lab'
import { openVmDisk, openVmDiskForWriting, type VmDiskRequest } from '@vmkeep/transport'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sessionWithDisks } from '../support/fake-vddk.ts'
import { openLabSession } from '../support/world.ts'

const why = await whyNoFakeVddk()

describe.skipIf(why !== undefined)('by VMware’s own library', () => {
  diskReaderContract("a VM's disk", async (content) => openVmDisk((await requestFor(content)).request))

  diskWriterContract("a VM's disk", async (capacityBytes) => {
    const { request } = await requestFor({ capacityBytes, runs: [] })
    return { disk: await openVmDiskForWriting(request), reopen: () => openVmDisk(request) }
  })

  it('it is shown our session and the certificate that we trust, and cleans up first', async () => {
    const { request, fake } = await requestFor({ capacityBytes: 1024 * 1024, runs: [] })
    const { thumbprintSha1, cookie } = await request.session.handOver()
    await fake.configure({ thumbprint: thumbprintSha1, cookie: cookie.reveal() })
    await using disk = await openVmDisk(request)
    expect(await disk.metadata()).toMatchObject({ adapterType: 'lsilogic' })
    expect((await fake.calls()).map(({ call }) => call.split(' ')[0]).slice(0, 4)).toEqual([
      'InitEx',
      'Cleanup',
      'ConnectEx',
      'Open',
    ])
    expect(await readFile(fake.fileOf(`${request.path}.ddb`), 'utf8')).toContain('lsilogic')
  })
})

describe.skipIf(why !== undefined)('a disk to be written', () => {
  it('is written over the network where the library does not open it, or is not there', async () => {
    const { request, fake } = await requestFor({ capacityBytes: 1024 * 1024, runs: [] })
    await fake.rules('Open 0 error 15')
    const fallbacks: string[] = []
    const order = ['vddk', 'nbd'] as const
    const onFallback = ({ from, to }: { from: string; to: string }) => void fallbacks.push(`${from} ${to}`)
    const settings = { ...request.settings, order }
    await using written = await openVmDiskForWriting({ ...request, settings, onFallback })
    expect([written.transport, fallbacks]).toEqual(['nbd', ['vddk nbd']])
    await written[Symbol.asyncDispose]()
    const none = { order, compression: 'none' } as const
    await using other = await openVmDiskForWriting({ ...request, settings: none })
    expect(other.transport).toBe('nbd')
  })
})

async function requestFor({ capacityBytes, runs }: DiskContent): Promise<{ request: VmDiskRequest; fake: FakeVddk }> {
  const source = new MemoryDisk(capacityBytes)
  for (const { offsetBytes, bytes } of runs) await source.write(offsetBytes, bytes)
  const fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const lab = await startLab({
    vms: [{ name: 'web', power: 'off', disks: [{ capacityBytes }] }],
    openDisk: async () => ({ capacityBytes, source }),
  })
  onTestFinished(() => lab[Symbol.asyncDispose]())
  const session = await openLabSession(lab)
  onTestFinished(() => session[Symbol.asyncDispose]())
  const { ref, disks } = lab.vm('web')
  const request = {
    session: sessionWithDisks(session, lab, 'web', fake),
    vm: ref,
    deviceKey: disks[0]!.key,
    path: disks[0]!.backing.fileName,
    capacityBytes,
    settings: { order: ['vddk'], compression: 'none', vddk: { library: fake.root } },
    clock: systemClock,
    random: seededRandom('contract'),
    onReconnect: (cause: unknown) => expect.unreachable(String(cause)),
    onFallback: ({ cause }: { cause: unknown }) => expect.unreachable(String(cause)),
    signal: new AbortController().signal,
  } as const
  return { request, fake }
}
