import { availableParallelism, freemem } from 'node:os'
import type { Config } from '../config/schema.ts'
import { wantedBytesOf } from '../memory-budget.ts'
import { size } from '../output/human.ts'
import { type Finding, findingsOn } from './finding.ts'

/** What the checks look at, so that a test can say it. */
export interface MachineFacts {
  /** `24.1.0` */
  readonly nodeVersion: string
  readonly freeMemoryBytes: number
  readonly cores: number
  readonly platform: string
}

export function machineFacts(): MachineFacts {
  return {
    nodeVersion: process.versions.node,
    freeMemoryBytes: Math.min(freemem(), process.availableMemory()), // the second one knows of containers
    cores: availableParallelism(),
    platform: process.platform,
  }
}

const nodeMajorMin = 24

export function checkMachine({ limits }: Config, facts: MachineFacts): Finding[] {
  const { ok, warn, fail } = findingsOn('this machine')
  const { nodeVersion, freeMemoryBytes, cores, platform } = facts
  const wantedBytes = wantedBytesOf(limits, cores)
  const isNewEnough = Number(nodeVersion.split('.')[0]) >= nodeMajorMin
  return [
    isNewEnough
      ? ok('Node', `version ${nodeVersion}, ${cores} cores`)
      : fail('Node', `version ${nodeVersion}`, `install Node ${nodeMajorMin} or newer`),
    freeMemoryBytes >= wantedBytes
      ? ok('memory', `${size(freeMemoryBytes)} available, ${size(wantedBytes)} wanted`)
      : warn(
          'memory',
          `${size(freeMemoryBytes)} available, ${size(wantedBytes)} wanted`,
          'free some, or lower limits.memoryMiB or limits.disksPerHost in the config',
        ),
    ...(platform === 'linux' ? [] : [warn('system', platform, 'vmkeep is made for and tested on Linux')]),
  ]
}
