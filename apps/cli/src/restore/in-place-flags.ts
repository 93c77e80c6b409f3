import { flag, option, text, type Values } from '../parameters.ts'

/** Flags of a restore that overwrites the VM it came from. */
export const inPlaceFlags = {
  inPlace: flag({ help: 'overwrite the disks of the VM itself where they differ from the restore point' }),
  powerOff: flag({ help: 'with --in-place: cut the power of the VM if it runs' }),
  compareAll: flag({ help: 'with --in-place: compare all of every disk, whatever change tracking says' }),
  confirm: option(text('NAME'), { help: "with --in-place: the VM's name once more, instead of being asked for it" }),
}

export type InPlaceFlags = Values<typeof inPlaceFlags>
