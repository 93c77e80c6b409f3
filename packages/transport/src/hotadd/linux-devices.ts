import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import type { ProxyDevice, ProxyDevices } from './proxy-devices.ts'

/**
 * The disks of a Linux machine, from its sysfs.
 *
 * @param root where its `/sys` and `/dev` are: `/`, or where a container has them mounted
 */
export function linuxDevices(root = '/'): ProxyDevices {
  const sys = (...path: string[]) => join(root, 'sys', ...path)
  const scsiDevice = (address: string, ...path: string[]) => sys('class/scsi_device', address, 'device', ...path)
  return {
    machineUuids: async () => {
      try {
        return bothOrders(await textOf(sys('class/dmi/id/product_uuid')))
      } catch (error) {
        return {
          whyNot: `this machine does not tell which VM it is: ${messageOf(error)}; run as root, or name it as proxyVm`,
        }
      }
    },
    list: async () => {
      const addresses = await readdir(sys('class/scsi_device')).catch(() => [])
      const found = await Promise.all(addresses.map((address) => deviceAt(root, address).catch(() => undefined)))
      return found.filter((device) => device !== undefined) // one that is just going, or is no disk
    },
    rescan: async () => {
      const hosts = await readdir(sys('class/scsi_host')).catch(() => [])
      // Source: Linux, Documentation/scsi/scsi_fc_transport and `rescan-scsi-bus.sh`: every channel, target and unit. Evidence: documented.
      for (const host of hosts) await writeFile(sys('class/scsi_host', host, 'scan'), '- - -').catch(() => {})
    },
    forget: async ({ address }) => {
      await writeFile(scsiDevice(address, 'delete'), '1').catch(() => {}) // without it the kernel only complains
    },
  }
}

/** @throws where it is no disk, or is just going */
async function deviceAt(root: string, address: string): Promise<ProxyDevice | undefined> {
  const device = join(root, 'sys/class/scsi_device', address, 'device')
  const [name] = await readdir(join(device, 'block')) // a CD-ROM drive has one, too; it is never as large as a disk that is waited for
  const target = Number(address.split(':')[2])
  if (name === undefined || !Number.isInteger(target)) return undefined
  // Source: Linux, Documentation/ABI/stable/sysfs-block: in sectors of 512 bytes, whatever the device's. Evidence: documented.
  const capacityBytes = Number(await textOf(join(device, 'block', name, 'size'))) * 512
  const uuid = uuidOf(await textOf(join(device, 'wwid')).catch(() => ''))
  return { path: join(root, 'dev', name), address, target, capacityBytes, ...(uuid === undefined ? {} : { uuid }) }
}

/**
 * `naa.6000c29f…` → `6000c29f…`.
 * Source: VMware's page 83 designator is the disk's uuid as NAA type 6, of VMware's company id 000c29. Evidence: observed in public listings of /dev/disk/by-id.
 */
const uuidOf = (wwid: string): string | undefined => /^naa\.(6000c29[0-9a-f]{25})$/i.exec(wwid)?.[1]?.toLowerCase()

/**
 * A uuid as written, and with the bytes of its first three fields turned round: firmware before SMBIOS 2.6 wrote them so, and what
 * the kernel makes of it depends on the version it is told.
 * Source: SMBIOS 2.6, System UUID. Evidence: documented; that VMs of both kinds are met: observed by other products.
 */
export function bothOrders(text: string): string[] {
  const fields = text.toLowerCase().split('-')
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(fields.join('-'))) throw new Error(`"${text}" is no uuid`)
  const turned = fields.map((field, i) => (i < 3 ? Buffer.from(field, 'hex').reverse().toString('hex') : field))
  return [...new Set([fields.join('-'), turned.join('-')])]
}

const textOf = async (path: string): Promise<string> => (await readFile(path, 'utf8')).trim()
