import { describe, expect, it } from 'vitest'
import type { SeenVm, Survey } from './survey-vms.ts'
import { whyUnproven } from './why-unproven.ts'

const web: SeenVm = { ref: 'vm-42', name: 'web', instanceUuid: 'uuid', connectionState: 'connected', snapshots: [] }
const other: SeenVm = { ...web, ref: 'vm-7', name: 'new web', instanceUuid: 'other uuid' }
const nothing: Survey = { bearers: [], sameUuid: [], nameless: [], recorded: 'unrecorded' }
const doubt = (survey: Partial<Survey>) => whyUnproven({ ...nothing, ...survey })

describe('a snapshot that was not found is gone', () => {
  it.each<[string, Partial<Survey>]>([
    ['its VM can be read and has none', { sameUuid: [web], recorded: web }],
    ['its VM can be read and has none, says an old journal', { sameUuid: [web] }],
    ['its VM was registered anew and has none', { sameUuid: [web], recorded: 'gone' }],
    ['vSphere says that its VM is gone, and no other has its uuid', { recorded: 'gone' }],
  ])('when %s', (_name, survey) => expect(doubt(survey)).toBeUndefined())
})

describe('a snapshot that was not found may still be there', () => {
  it.each<[string, Partial<Survey>, RegExp]>([
    ['nobody sees its VM', { recorded: 'unseen' }, /does not see that VM/],
    ['nobody knows which VM it was', {}, /older version/],
    ['it is on another VM', { recorded: 'gone', bearers: [other] }, /it is on "new web" \(vm-7\)/],
    ['it is on another VM than the one with the uuid', { sameUuid: [web], bearers: [other] }, /it is on "new web"/],
    ['it came while it was looked for', { sameUuid: [web], bearers: [web] }, /only just appeared/],
    ['the recorded VM is another one now', { recorded: other }, /"new web" \(vm-7\) has another instance uuid/],
    ['a VM without uuid may be it', { recorded: 'gone', nameless: [{ ref: 'vm-9', name: '?' }] }, /"\?" \(vm-9\)/],
    ['its tree may not be read', { sameUuid: [{ ...web, snapshots: undefined }] }, /may not read "web"/],
    ['its uuid may not be read', { recorded: { ref: 'vm-42', name: 'web' } }, /may not read "web"/],
    [
      'a twin of its VM can’t be read',
      { sameUuid: [web, { ...other, connectionState: 'orphaned' }] },
      /vm-7.*orphaned/,
    ],
    ['its VM is inaccessible', { sameUuid: [{ ...web, connectionState: 'inaccessible' }] }, /"web" .* inaccessible/],
    [
      'its VM shows only its state',
      { recorded: { ref: 'vm-42', name: 'web', connectionState: 'orphaned' } },
      /orphaned/,
    ],
  ])('when %s', (_name, survey, why) => {
    expect(doubt(survey)).toMatchObject({
      why: expect.stringMatching(why) as string,
      next: expect.stringMatching(/./) as string,
    })
  })
})
