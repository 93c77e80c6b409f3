import type { Config } from '../config/schema.ts'
import { type Finding, findingsOn } from './finding.ts'

/** VMware's own library, where one is configured: whether it is there, fits this machine, and can be loaded. */
export async function checkVddk({ backup }: Config): Promise<Finding[]> {
  const { ok, warn, failed } = findingsOn('this machine')
  const isAsked = backup.transports.includes('vddk')
  const { vddk } = backup
  if (vddk === undefined)
    return isAsked
      ? [
          warn(
            'VDDK',
            'backup.transports names vddk, but none is configured',
            'set backup.vddk.library, or leave it out',
          ),
        ]
      : []
  const { tryVddk } = await import('@vmkeep/transport')
  try {
    const { configFile, ...rest } = vddk
    const { version, transports, hasMountLibrary } = await tryVddk({
      ...rest,
      ...(configFile === undefined ? {} : { configFile }),
    })
    const said = `version ${version} in ${vddk.library} can be loaded; it knows ${transports}${hasMountLibrary ? ', and libvixMntapi is there' : '; there is no libvixMntapi'}`
    if (isAsked && vddk.guestInfo && !hasMountLibrary)
      return [warn('VDDK', said, 'backup.vddk.guestInfo does nothing without it: unpack VDDK whole, or leave it out')]
    return isAsked
      ? [ok('VDDK', said)]
      : [warn('VDDK', said, 'it is not used: add vddk to backup.transports, or leave it')]
  } catch (error) {
    return [failed('VDDK', error)]
  }
}
