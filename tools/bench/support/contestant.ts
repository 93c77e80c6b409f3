import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measured, measure, sync } from './measure.ts'
import type { LaterDay, SampleImage } from './sample-image.ts'

/** Somebody who backs up a disk image. Each call is processes of its own, as its users run it. */
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
  /** Reads back everything that is stored. */
  verify(): Promise<Measured>
  /** Gives up all but the latest, and the room that only they took. */
  collect(): Promise<Measured>
  /** What its repository takes. */
  storedBytes(): Promise<number>
}

export type Command = readonly [string, ...string[]]

export interface Commands {
  readonly name: string
  readonly version: string
  readonly setting: string
  /** A folder of its own on the measured disk. */
  readonly home: string
  /** Where what it stored ends up. */
  readonly bytes: string
  readonly env: Readonly<Record<string, string>>
  readonly init: readonly Command[]
  readonly full: (image: SampleImage) => Command
  readonly incremental: (day: LaterDay) => Command
  readonly restore: (target: string) => Promise<Command>
  readonly verify: Command
  readonly collect: () => Promise<readonly Command[]>
}

/** A contestant from its commands. */
export function contestant(commands: Commands): Contestant {
  const { name, version, setting, env, home, bytes } = commands
  const run = (command: Command) => measure(command, { env, syncFolder: home })
  return {
    name,
    version,
    setting,
    async init() {
      for (const folder of [home, bytes]) await mkdir(folder, { recursive: true })
      for (const command of commands.init) await run(command)
    },
    full: (image) => run(commands.full(image)),
    incremental: (day) => run(commands.incremental(day)),
    async restore(target) {
      await rm(target, { recursive: true, force: true })
      await mkdir(target)
      await sync(home)
      return await run(await commands.restore(target))
    },
    verify: () => run(commands.verify),
    async collect() {
      const steps: Measured[] = []
      for (const command of await commands.collect()) steps.push(await run(command))
      return inAll(steps)
    },
    storedBytes: () => sizeOf(bytes),
  }
}

/** Steps that ran one after the other, as one. */
const inAll = (steps: readonly Measured[]): Measured => ({
  seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0),
  cpuSeconds: steps.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  peakRssBytes: Math.max(...steps.map(({ peakRssBytes }) => peakRssBytes)),
  stdout: steps.map(({ stdout }) => stdout).join(''),
})

/** What the files of a folder take on the disk. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).blocks * 512)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
