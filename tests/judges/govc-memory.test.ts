// govc takes a VM's memory along: in snapshots, through a registration, back into a VM that goes on.
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type Lab, startLab } from '../../apps/lab/src/index.ts'
import { judgeTest, mustAgree } from './judge.ts'

const memoryMb = 8
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What the guest has in memory now. */
async function memoryOf(lab: Lab): Promise<string> {
  const memory = lab.vm('web01').memory()!
  const bytes = Buffer.alloc(memory.sizeBytes)
  await memory.read(0, bytes)
  return sha256(bytes)
}

judgeTest('govc takes a snapshot with memory, registers its VM anew and lets it go on', ['govc'], async ({ govc }) => {
  await using lab = await startLab({ vms: [{ name: 'web01', memoryMb, disks: [{ capacityBytes: 2 ** 20 }] }] })
  const env = {
    GOVC_URL: `https://${lab.host}:${lab.port}/sdk`,
    GOVC_USERNAME: lab.username,
    GOVC_PASSWORD: lab.password,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
  }
  const run = (...args: string[]) => mustAgree(govc, args, { env })
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-memory-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  const then = await memoryOf(lab)
  await run('snapshot.create', '-vm', 'web01', '-m=true', 'with memory')
  await lab.vm('web01').disk().writeGuest(0, Buffer.from('later'))
  expect(await run('snapshot.tree', '-vm', 'web01', '-D')).toMatch(/with memory/)
  const vmem = join(folder, 'vmem')
  await run('datastore.download', '-ds', 'shared-1', 'web01/web01-Snapshot1.vmem', vmem)
  expect(sha256(await readFile(vmem))).toBe(then)

  await run('vm.power', '-off', 'web01')
  await run('vm.unregister', 'web01')
  await run('datastore.rm', '-ds', 'shared-1', 'web01/web01-Snapshot1.vmem')
  await run('datastore.upload', '-ds', 'shared-1', vmem, 'web01/web01-Snapshot1.vmem')
  await run('vm.register', '-ds', 'shared-1', '-pool', '/Lab/host/Cluster/Resources', 'web01/web01.vmx')
  expect(await run('snapshot.tree', '-vm', 'web01')).toBe('with memory\n.\n')

  await run('snapshot.revert', '-vm', 'web01', '-s=true', 'with memory')
  expect(await run('vm.info', 'web01')).toMatch(/Power state: +suspended/)
  await run('snapshot.remove', '-vm', 'web01', 'with memory')
  await run('vm.power', '-on', 'web01')
  expect([lab.vm('web01').lastStart, await memoryOf(lab)]).toEqual(['resume', then])
  expect(lab.stats.mistakes).toEqual([])
})
