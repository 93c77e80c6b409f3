import { expect, it } from 'vitest'
import { choosePolicies, distinctPolicies } from './choose-policies.ts'

const gold = { id: 'a', name: 'gold' }
const silver = { id: 'b', name: 'silver' }
const here = { map: {}, isSameVcenter: true }

it('are found by id on their own vCenter, whatever they are called now, and by name on another', () => {
  const renamed = { id: 'a', name: 'gold (old)' }
  const namesake = { id: 'z', name: 'gold' }
  expect(choosePolicies([gold], [namesake, renamed], here)).toEqual([{ saved: gold, target: renamed }])
  expect(choosePolicies([gold], [namesake, renamed], { ...here, isSameVcenter: false })).toEqual([
    { saved: gold, target: namesake },
  ])
  expect(choosePolicies([gold], [namesake], here)).toEqual([{ saved: gold, target: namesake }]) // made anew
  expect(choosePolicies([gold], [silver], here)).toEqual([{ saved: gold, target: undefined }])
})

it('are what somebody says, and nothing else where that is not there', () => {
  const map = { gold: 'silver', silver: 'lead' }
  expect(choosePolicies([gold, silver], [gold, silver], { ...here, map })).toEqual([
    { saved: gold, asked: 'silver', target: silver },
    { saved: silver, asked: 'lead', target: undefined },
  ])
})

it('are those of the VM and of the disks that are restored, each once', () => {
  const saved = {
    home: gold,
    disks: [
      { key: 2000, ...gold },
      { key: 2001, ...silver },
    ],
  }
  expect(distinctPolicies(saved, new Set([2000]))).toEqual([gold])
  expect(distinctPolicies(saved, new Set([2000, 2001]))).toEqual([gold, silver])
})
