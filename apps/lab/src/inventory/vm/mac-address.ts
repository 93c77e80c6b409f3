import type { Random } from '@vmkeep/kit'

/** An address of the range vCenter gives out: 00:50:56:80:00:00 to 00:50:56:bf:ff:ff. Evidence: documented. */
export function macAddressOf(random: Random): string {
  const [a = 0, b = 0, c = 0] = random.bytes(3)
  const parts = [0x00, 0x50, 0x56, 0x80 | (a & 0x3f), b, c]
  return parts.map((part) => part.toString(16).padStart(2, '0')).join(':')
}
