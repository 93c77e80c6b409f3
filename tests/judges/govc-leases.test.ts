// govc exports and imports VMs through the lab's leases; qemu-img judges the VMDKs it got.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { expect, onTestFinished } from 'vitest'
import { type Lab, type LabOptions, startLab } from '../../apps/lab/src/index.ts'
import { judgeTest, mustAgree, runJudge } from './judge.ts'

const mebibyte = 2 ** 20
const capacityBytes = 40 * mebibyte

async function labWith(options: LabOptions = {}): Promise<{ lab: Lab; folder: string }> {
  const lab = await startLab({
    vms: [{ name: 'web01', power: 'off', disks: [{ capacityBytes }, { capacityBytes: mebibyte }] }],
    ...options,
  })
  onTestFinished(() => lab[Symbol.asyncDispose]())
  const random = seededRandom('leases')
  for (const at of [0, 3, 34])
    await lab
      .vm('web01')
      .disk()
      .writeGuest(at * mebibyte, random.bytes(200_000))
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-ovf-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return { lab, folder }
}

function govcOf(govc: string, lab: Lab) {
  const env = {
    GOVC_URL: `https://${lab.host}:${lab.port}/sdk`,
    GOVC_USERNAME: lab.username,
    GOVC_PASSWORD: lab.password,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
  }
  return {
    run: (...args: string[]) => mustAgree(govc, args, { env }),
    refused: (...args: string[]) => runJudge(govc, args, { env }),
  }
}

/** What a guest reads from a disk now. */
async function guestBytes(lab: Lab, vm: string, key = 2000): Promise<Buffer> {
  const disk = lab.vm(vm).disk(key)
  const bytes = Buffer.alloc(disk.capacityBytes)
  await disk.readGuest(0, bytes)
  return bytes
}

async function expectEqual(qemuImg: string, vmdk: string, bytes: Buffer): Promise<void> {
  await writeFile(`${vmdk}.raw`, bytes)
  await mustAgree(qemuImg, ['check', vmdk])
  await mustAgree(qemuImg, ['compare', '-f', 'vmdk', '-F', 'raw', vmdk, `${vmdk}.raw`])
}

for (const mode of ['vcenter', 'esxi'] as const) {
  judgeTest(
    `govc exports a VM of a ${mode} and imports it again, qemu-img agrees`,
    ['govc', 'qemu-img'],
    async (judges) => {
      const { lab, folder } = await labWith({ mode })
      const { run } = govcOf(judges.govc, lab)
      await run('export.ovf', '-vm', 'web01', folder)
      const files = await readdir(join(folder, 'web01'))
      const vmdks = files.filter((name) => name.endsWith('.vmdk')).toSorted()
      expect(vmdks).toHaveLength(2)
      await expectEqual(judges['qemu-img'], join(folder, 'web01', vmdks[0]!), await guestBytes(lab, 'web01', 2000))
      await expectEqual(judges['qemu-img'], join(folder, 'web01', vmdks[1]!), await guestBytes(lab, 'web01', 2001))

      await run('import.ovf', '-name', 'again', '-ds', 'shared-1', join(folder, 'web01', 'web01.ovf'))
      for (const key of [2000, 2001])
        expect((await guestBytes(lab, 'again', key)).equals(await guestBytes(lab, 'web01', key))).toBe(true)
      expect(await run('device.ls', '-vm', 'again')).toMatch(/VirtualDisk +40,960 KB/)
      expect(lab.stats).toMatchObject({ leasesOpen: 0, tasksRunning: 0, sessionsOpen: 0, mistakes: [] })
    },
  )
}

judgeTest('govc is told that a running VM is not exported, and that another holds it', ['govc'], async ({ govc }) => {
  const { lab, folder } = await labWith()
  const { refused } = govcOf(govc, lab)
  await lab.vm('web01').power('on')
  await mkdir(join(folder, 'on'))
  const { exitCode, stderr } = await refused('export.ovf', '-vm', 'web01', join(folder, 'on'))
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('current state')])
  await lab.vm('web01').power('off')
  lab.faults.add({ on: 'ExportVm', then: { do: 'fault', type: 'TaskInProgress' } })
  const busy = await refused('export.ovf', '-vm', 'web01', join(folder, 'on'))
  expect([busy.exitCode, busy.stderr]).toEqual([1, expect.stringMatching(/in progress/i)])
})
