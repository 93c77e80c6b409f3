import { ascii, exactly, FormatError, ignored, struct, u8, u16le } from '@vmkeep/kit'

/** What a library says of itself first. Source: elf(5). Evidence: documented. */
const ElfHeader = struct('ELF header', 20, {
  magic: exactly(ascii(4), '\x7fELF'),
  class: u8,
  data: u8,
  ignored: ignored(10),
  type: u16le,
  machine: u16le,
})

const machines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 }
export const elfHeaderBytes = ElfHeader.sizeBytes

/** Why a library cannot be loaded into a process of this architecture, by its first bytes. */
export function whyNotForMachine(bytes: Uint8Array, architecture: string): string | undefined {
  try {
    const { class: width, data, machine } = ElfHeader.decode(bytes)
    if (width !== 2) return 'it is made for 32 bits, this machine runs 64'
    if (data === 1 && machine === machines[architecture]) return undefined
    const name = Object.entries(machines).find(([, number]) => number === machine)?.[0] ?? `machine ${machine}`
    return `it is made for ${name}, this machine is ${architecture}`
  } catch (error) {
    if (error instanceof FormatError) return `it is no library (${error.message})`
    throw error
  }
}
