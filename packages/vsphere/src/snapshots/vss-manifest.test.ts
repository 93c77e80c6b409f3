import { describe, expect, it } from 'vitest'
import { tellsOfWriters } from './vss-manifest.ts'

// Made by Python's zipfile: backup.xml alone, with a writer's document, in a folder, and an empty zip.
const alone =
  'UEsDBBQAAAAAAAAAIVDUHNEBBAAAAAQAAAAKAAAAYmFja3VwLnhtbDxhLz5QSwECFAMUAAAAAAAAACFQ1BzRAQQAAAAEAAAACgAAAAAAAAAAAAAAgAEAAAAAYmFja3VwLnhtbFBLBQYAAAAAAQABADgAAAAsAAAAAAA='
const withWriter =
  'UEsDBBQAAAAAAAAAIVDUHNEBBAAAAAQAAAAKAAAAYmFja3VwLnhtbDxhLz5QSwMEFAAAAAAAAAAhUNQc0QEEAAAABAAAAAsAAAB3cml0ZXIwLnhtbDxhLz5QSwECFAMUAAAAAAAAACFQ1BzRAQQAAAAEAAAACgAAAAAAAAAAAAAAgAEAAAAAYmFja3VwLnhtbFBLAQIUAxQAAAAAAAAAIVDUHNEBBAAAAAQAAAALAAAAAAAAAAAAAACAASwAAAB3cml0ZXIwLnhtbFBLBQYAAAAAAgACAHEAAABZAAAAAAA='
const inFolder =
  'UEsDBBQAAAAAAAAAIVAAAAAAAAAAAAAAAAACAAAAbS9QSwMEFAAAAAAAAAAhUNQc0QEEAAAABAAAAAwAAABtL2JhY2t1cC54bWw8YS8+UEsBAhQDFAAAAAAAAAAhUAAAAAAAAAAAAAAAAAIAAAAAAAAAAAAAAIABAAAAAG0vUEsBAhQDFAAAAAAAAAAhUNQc0QEEAAAABAAAAAwAAAAAAAAAAAAAAIABIAAAAG0vYmFja3VwLnhtbFBLBQYAAAAAAgACAGoAAABOAAAAAAA='
const empty = 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=='
const bytes = (text: string) => Buffer.from(text, 'base64')

describe("VSS's manifest", () => {
  it.each<[string, string, boolean | undefined]>([
    ['tells of writers where there is more than the backup document', withWriter, true],
    ['tells of none where that is alone', alone, false],
    ['counts no folders', inFolder, false],
    ['that is empty tells nothing', empty, undefined],
    ['that is no zip tells nothing', Buffer.from('<html>').toString('base64'), undefined],
  ])('%s', (_, text, expected) => {
    expect(tellsOfWriters(bytes(text))).toBe(expected)
  })

  it('never tells of writers, cut short anywhere', () => {
    const whole = bytes(withWriter)
    for (let length = 0; length < whole.length; length++)
      expect(tellsOfWriters(whole.subarray(0, length))).toBeUndefined()
  })

  it('survives any changed byte', () => {
    for (let at = 0; at < bytes(withWriter).length; at++) {
      const changed = bytes(withWriter)
      changed[at]! ^= 0xff
      expect(() => tellsOfWriters(changed)).not.toThrow()
    }
  })
})
