// Saved rules at the command line: where they send a restored VM, its storage policy and its datastore, and what the user is told.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { vmkeep } from '../support/command-line.ts'
import { passphrase, World } from '../support/world.ts'

it('send a VM to another datastore under another storage policy, as the dry run has said', async () => {
  await using world = await World.start({
    seed: 'rules',
    datastores: [{ name: 'prod-1' }, { name: 'dr-1' }],
    vms: [{ name: 'web', datastore: 'prod-1', storagePolicy: 'gold', disks: [{ capacityBytes: 1 << 20 }] }],
    storagePolicies: ['silver'],
  })
  const { lab, folder } = world
  await lab.vm('web').disk().writeGuest(4096, Buffer.alloc(9000, 'kept'))
  const { report, instant } = await world.backupAtInstant('web')
  expect(report.outcome).toBe('ok')
  const { host, port, username, thumbprintSha256: thumbprint } = lab
  const rules = [
    { match: { datastore: 'prod-*' }, to: { datastore: 'dr-1' } },
    { match: { storagePolicy: 'g*' }, to: { storagePolicy: 'silver' } },
  ]
  const config = {
    vcenters: [{ name: 'lab', host, port, username, passwordEnv: 'VMKEEP_VCENTER_PASSWORD', thumbprint }],
    repository: { path: join(folder, 'repository') },
    stateFolder: world.stateFolder,
    restore: { rules: [{ name: 'dr', rules }] },
  }
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config), { mode: 0o600 })
  const env = { VMKEEP_VCENTER_PASSWORD: lab.password, VMKEEP_REPO_KEY: passphrase.reveal() }
  const restore = (...args: string[]) =>
    vmkeep(['--config', join(folder, 'config.yaml'), 'restore', 'web', '--to-vsphere', '--rules', 'dr', ...args], env)

  const planned = await restore('--name', 'back', '--dry-run')
  expect(planned).toMatchObject({ exitCode: 0 })
  expect(planned.stdout + planned.stderr).toMatch(/datastore prod-1 -> dr-1 \(rule 1 of dr\)/)
  expect(planned.stdout + planned.stderr).toMatch(/storage policy gold -> silver \(rule 2 of dr\)/)
  expect(lab.state().vms).toHaveLength(1)

  expect(await restore('--name', 'back')).toMatchObject({ exitCode: 0 })
  const back = lab.vm('back')
  expect(back.storagePolicies.home).toBe('silver')
  expect(back.disk().backing.fileName).toMatch(/^\[dr-1\] /)
  const [bytes, saved] = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]
  await back.disk().readGuest(0, bytes)
  await instant.get(2000)!.read(0, saved)
  expect(bytes.equals(saved)).toBe(true)
  world.expectClean()
})
