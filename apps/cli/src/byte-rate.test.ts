import { expect, it } from 'vitest'
import { bytesPerSecondOf } from './byte-rate.ts'

it.each([
  ['50MiB/s', 50 * 2 ** 20],
  ['50 MiB/s', 50 * 2 ** 20],
  ['1.5G', 1.5 * 2 ** 30],
  ['800k', 800 * 1024],
  ['4096', 4096],
  ['0', undefined],
  ['-1M', undefined],
  ['fast', undefined],
  ['50 MB/min', undefined],
  ['', undefined],
])('reads %s', (text, rate) => expect(bytesPerSecondOf(text)).toBe(rate))
