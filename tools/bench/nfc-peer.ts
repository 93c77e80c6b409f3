// Worker: an NFC host that answers reads as fast as it can, without copying. Posts a ticket.
import { parentPort } from 'node:worker_threads'
import { aioType, encodeFragmentFrame, ioDirection, OpenSession, ReadRequest } from '@vmkeep/nfc/messages'
import { ScriptedHost } from '../../packages/nfc/src/testing/scripted-host.ts'
import type { ClientFrame, ScriptedNfc } from '../../packages/nfc/src/testing/scripted-nfc.ts'

const image = Buffer.alloc(64 * 1024 * 1024, 0x5a)
const bufferBytes = new WeakMap<ScriptedNfc, number>()

const host = await ScriptedHost.start(image, {
  onFrame(frame, nfc) {
    if (frame.type === aioType.OPEN_SESSION) bufferBytes.set(nfc, OpenSession.decode(frame.payload).bufferBytes)
    if (frame.type !== aioType.IO) return false
    answer(frame, nfc, bufferBytes.get(nfc)!)
    return true
  },
})
parentPort!.postMessage({ ...host.ticket(), sessionId: '' })

function answer(frame: ClientFrame, { stream }: ScriptedNfc, fragmentBytesMax: number): void {
  const { offsetBytes, lengthBytes: totalBytes } = ReadRequest.decode(frame.payload)
  for (let at = 0; at < totalBytes; at += fragmentBytesMax) {
    const fragmentBytes = Math.min(fragmentBytesMax, totalBytes - at)
    const fragment = { direction: ioDirection.read, compression: 0, offsetBytes, totalBytes, fragmentOffsetBytes: at }
    stream.cork()
    stream.write(encodeFragmentFrame(frame.opId, 0n, { ...fragment, fragmentBytes, wireBytes: fragmentBytes }))
    stream.write(image.subarray(offsetBytes + at, offsetBytes + at + fragmentBytes))
    stream.uncork()
  }
}
