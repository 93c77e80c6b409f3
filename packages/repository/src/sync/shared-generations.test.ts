import { expect, it } from 'vitest'
import type { Core } from '../core.ts'
import { SharedGenerations } from './shared-generations.ts'

it('a data key that the target retires after it was asked for is missed before the commit', async () => {
  let kept = true
  let isRefreshed = false
  const ring = {
    maintenanceOnly: false,
    refresh: async () => void (isRefreshed = true),
    canOpen: () => !isRefreshed || kept,
  }
  const empty = { repositoryId: new Uint8Array(16), ring, indexStore: { index: { table: { count: 0 } } } }
  const generations = new SharedGenerations(empty as unknown as Core, empty as unknown as Core)
  await expect(generations.require(1)).rejects.toMatchObject({ code: 'repository.generation-unproven' })
  await generations.confirm()
  kept = false
  await expect(generations.confirm()).rejects.toMatchObject({
    code: 'repository.generation-unproven',
    details: { generation: 1 },
  })
})
