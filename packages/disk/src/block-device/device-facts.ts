import type { BigIntStats } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface DeviceFacts {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
}

/**
 * Size and logical sector of a block device, from sysfs: stat says 0, and Node has no ioctl.
 * A partition's queue is its disk's. Source: Linux, Documentation/ABI/stable/sysfs-block: `size` is in 512-byte sectors. Evidence: documented.
 */
export async function factsOfDevice({ rdev }: BigIntStats, sysRoot: string): Promise<DeviceFacts> {
  const folder = join(sysRoot, 'dev/block', deviceNumber(rdev))
  const sectors = await numberIn(join(folder, 'size'))
  const sectorSizeBytes = await numberIn(join(folder, 'queue/logical_block_size')).catch(() =>
    numberIn(join(folder, '../queue/logical_block_size')),
  )
  return { capacityBytes: sectors * 512, sectorSizeBytes }
}

/** `8:16`. Source: glibc, sys/sysmacros.h, gnu_dev_major and gnu_dev_minor. Evidence: documented. */
export function deviceNumber(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)
  return `${major}:${minor}`
}

async function numberIn(path: string): Promise<number> {
  const text = await readFile(path, 'utf8')
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new Error(`${path} holds "${text.trim()}", no number`)
  return value
}
