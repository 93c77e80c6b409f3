import { seededRandom } from '@vmkeep/kit'
import type { LabVmHandle } from '@vmkeep/lab'

/** A guest that writes all the time, until disposed: small random writes on all its disks. */
export function busyGuest(vm: LabVmHandle, seed: string): AsyncDisposable {
  const random = seededRandom(seed)
  let stopped = false
  const loop = async () => {
    while (!stopped) {
      await randomWrite(vm, random)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const running = loop()
  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      await running
    },
  }
}

/** One write somewhere on one of the VM's disks, or, with `trimChance`, a trim. */
export async function randomWrite(
  vm: LabVmHandle,
  random: ReturnType<typeof seededRandom>,
  trimChance = 0,
): Promise<void> {
  const disk = vm.disks[Math.floor(random.fraction() * vm.disks.length)]!
  const lengthBytes = 512 * (1 + Math.floor(random.fraction() * 256))
  const offsetBytes = 512 * Math.floor((random.fraction() * (disk.capacityBytes - lengthBytes)) / 512)
  if (random.fraction() < trimChance)
    await disk.trimGuest(offsetBytes, Math.min(lengthBytes * 8, disk.capacityBytes - offsetBytes))
  // Other bytes each time, and cheap to make: the guest shares its thread with the backup it disturbs.
  else await disk.writeGuest(offsetBytes, Buffer.alloc(lengthBytes, random.bytes(32)))
}
