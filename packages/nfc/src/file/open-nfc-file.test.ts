import { inspect } from 'node:util'
import { Secret, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { aioType } from '../messages/index.ts'
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

  it('tells buffers that are too large from a host that has none left', async () => {
    await using host = await ScriptedHost.start(image, {
      onFrame: (frame, nfc) => frame.type === aioType.OPEN_SESSION && (nfc.refuse(frame, 5), true),
    })
    const opening = (bufferBytes: number) => openNfcFile({ ticket: host.ticket(), path, access: 'read', bufferBytes })
    await expect(opening(1_048_576)).rejects.toMatchObject({ code: 'nfc.buffer-refused', remedy: 'change-request' })
    await expect(opening(65_536)).rejects.toMatchObject({ code: 'nfc.host-busy', remedy: 'retry' })
  })

  it('says what to do when the host does not open the file', async () => {
    await using host = await ScriptedHost.start(image)
    const opening = openNfcFile({ ticket: host.ticket(), path: '[ds] vm/other.vmdk', access: 'read' })
    await expect(opening).rejects.toThrow(
      'does not open [ds] vm/other.vmdk, NFC error 10 (file not found): a running VM',
    )
    await using readOnly = await ScriptedHost.start(image, {
      onFrame: (frame, nfc) => frame.type === aioType.OPEN_FILE && (nfc.refuse(frame, 11), true),
    })
    const writing = openNfcFile({ ticket: readOnly.ticket(), path, access: 'write' })
    await expect(writing).rejects.toMatchObject({ code: 'nfc.read-only' })
  })

  it('never shows the session id', async () => {
    await using host = await ScriptedHost.start(image, {
      onLine: (line) => (line === 'BANNER ' ? '530 no' : undefined),
    })
    const ticket = host.ticket({ sessionId: new Secret('52cdebc5-secret') })
    const error: unknown = await openNfcFile({ ticket, path, access: 'read' }).catch((reason: unknown) => reason)
    expect(inspect(error, { depth: 9 })).not.toContain('52cdebc5')
    expect(host.lines[0]).toBe('SESSION 52cdebc5-secret')
  })
})
