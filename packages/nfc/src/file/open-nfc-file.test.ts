import { seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { ScriptedHost } from '../testing/scripted-host.ts'
import { openNfcFile } from './open-nfc-file.ts'

const path = '[ds] vm/vm.vmdk'
const image = Buffer.from(seededRandom('open').bytes(1_048_576))

describe('openNfcFile', () => {
  it.each(['nbdssl', 'nbd'] as const)('opens, reads and takes leave over %s', async (transport) => {
    await using host = await ScriptedHost.start(image)
    await using file = await openNfcFile({ ticket: host.ticket(), path, access: 'read', transport })
    expect(file.capacityBytes).toBe(image.length)
    const target = Buffer.alloc(image.length)
    await file.read(0, target)
    expect(target.equals(image)).toBe(true)
    await file.close()
    expect(await host.session.left).toBe(true)
    expect(host.session.failure).toBeUndefined()
  })
})
