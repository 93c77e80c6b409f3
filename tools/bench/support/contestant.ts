import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measured, measure, sync } from './measure.ts'
import type { LaterDay, SampleImage } from './sample-image.ts'

/** Somebody who backs up a disk image. Each call is a process of its own, as its users run it. */
export interface Contestant {
  readonly name: string
  readonly version: string
  /** How it was set up, in a line. */
  readonly setting: string
  init(): Promise<unknown>
  full(image: SampleImage): Promise<Measured>
  /** Of the image on a later day. */
  incremental(day: LaterDay): Promise<Measured>
  /** Brings the latest back, somewhere below the folder `target`. */
  restore(target: string): Promise<Measured>
  /** What its repository takes. */
  storedBytes(): Promise<number>
}

type Command = readonly [string, ...string[]]

export interface Commands {
  readonly name: string
  readonly version: string
  readonly setting: string
  /** Where it keeps what it stored. */
  readonly repository: string
  readonly env: Readonly<Record<string, string>>
  readonly init: readonly Command[]
  readonly full: (image: SampleImage) => Command
  readonly incremental: (day: LaterDay) => Command
  readonly restore: (target: string) => Promise<Command>
}

/** A contestant from its commands. */
export function contestant(folder: string, commands: Commands): Contestant {
  const { name, version, setting, env, repository } = commands
  const run = (command: Command) => measure(command, { env, syncFolder: folder })
  return {
    name,
    version,
    setting,
    async init() {
      await mkdir(repository, { recursive: true })
      for (const command of commands.init) await run(command)
    },
    full: (image) => run(commands.full(image)),
    incremental: (day) => run(commands.incremental(day)),
    async restore(target) {
      await rm(target, { recursive: true, force: true })
      await mkdir(target)
      await sync(folder)
      return await run(await commands.restore(target))
    },
    storedBytes: () => sizeOf(repository),
  }
}

/** What the files of a folder take on the disk. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).blocks * 512)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
