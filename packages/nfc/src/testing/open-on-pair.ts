import { duplexPair } from 'node:stream'
import { classicHandshake } from '../connect/classic-handshake.ts'
import type { NfcFile } from '../file/nfc-file.ts'
import { openFileOn } from '../file/open-nfc-file.ts'
import { type NfcFileOptions, settingsOf } from '../file/options.ts'
import { type Script, ScriptedNfc } from './scripted-nfc.ts'

export const testPath = '[ds] vm/vm.vmdk'

/** A file open on a scripted server in memory: no sockets, no TLS. */
export async function openOnPair(
  image: Buffer,
  script: Script = {},
  options: Partial<NfcFileOptions> = {},
): Promise<{ file: NfcFile; nfc: ScriptedNfc }> {
  const [client, server] = duplexPair()
  const nfc = new ScriptedNfc(server, image, script)
  await classicHandshake(client, 'esx:902')
  const settings = settingsOf({ path: testPath, access: 'read', ...options })
  return { file: await openFileOn(client, 'esx:902', settings), nfc }
}
