import { cleanUpLeftovers, lockVm, newRunId } from '@vmkeep/run'
import { systemClock, systemRandom } from '@vmkeep/kit'
import { holdEnder } from '@vmkeep/transport'
import { downloadFile, readVm, uploadNvram, vmHomeFiles } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { RestoreReport } from '../report.ts'
import { homeFileOf } from '../to-files/home-file-of.ts'
import { readOriginal } from './plan-in-place.ts'
import type { RestoreInPlaceRequest } from './restore-in-place.ts'

type Request = Pick<
  RestoreInPlaceRequest,
  'session' | 'repository' | 'point' | 'stateFolder' | 'onEvent' | 'signal' | 'verify'
>

/**
 * Gives a VM that is off the nvram of a restore point: EFI boot entries, secure boot keys, firmware settings. Its disks are not touched.
 *
 * @throws `restore.vm-gone`, `restore.not-in-place`, `restore.no-such-file`, `restore.verify-failed`
 */
export async function restoreNvramInPlace(request: Request): Promise<RestoreReport> {
  const { session, repository, point, stateFolder, onEvent, signal, verify } = request
  const startedMs = performance.now()
  const bytes = await repository.readBlob(homeFileOf(point, 'nvram').blob, signal)
  await cleanUpLeftovers({ session, stateFolder, onEvent, signal, endHold: holdEnder() })
  const work = `run ${newRunId(systemClock, systemRandom)}`
  await using _lock = await lockVm(stateFolder, { name: point.name, uuid: point.instanceUuid }, work)
  const vm = await readOriginal(session, point, signal)
  if (vm.powerState !== 'poweredOff')
    throw fail('restore.not-in-place', {
      vm: vm.name,
      reasons: ['it must be off: a VM that runs writes its nvram itself'],
    })
  await uploadNvram(session, vm.ref, bytes, signal)
  const after = await readVm(session, vm.ref, signal)
  const path = vmHomeFiles(after).find(({ kind }) => kind === 'nvram')?.path ?? vm.vmxPath!.replace(/\.vmx$/i, '.nvram')
  if (verify) {
    const place = { datacenterPath: vm.datacenterPath, sizeBytesMax: bytes.length + 1, signal }
    const found = await downloadFile(session, path, place)
    if (Buffer.compare(found, bytes) !== 0) throw fail('restore.verify-failed', { disk: path, offsetBytes: 0 })
  }
  const seconds = (performance.now() - startedMs) / 1000
  const report = { point: point.id, vm: vm.name, target: vm.inventoryPath, disks: [], files: [path] }
  return { ...report, verified: verify, warnings: [], seconds }
}
