import type { Random } from '@vmkeep/kit'

/** A moment of a disk's change tracking: `52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81`. */
export interface ChangeId {
  readonly uuid: string
  readonly sequence: number
}

export function formatChangeId({ uuid, sequence }: ChangeId): string {
  return `${uuid}/${sequence}`
}

export function parseChangeId(text: string): ChangeId | undefined {
  const [, uuid, sequence] =
    /^([0-9a-f]{2}(?: [0-9a-f]{2}){7}-[0-9a-f]{2}(?: [0-9a-f]{2}){7})\/(\d{1,15})$/i.exec(text) ?? []
  return uuid === undefined ? undefined : { uuid: uuid.toLowerCase(), sequence: Number(sequence) }
}

export function newChangeUuid(random: Random): string {
  const pairs = [...random.bytes(16)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `${pairs.slice(0, 8).join(' ')}-${pairs.slice(8).join(' ')}`
}
