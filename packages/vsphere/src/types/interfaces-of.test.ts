import { expect, it } from 'vitest'
import { interfacesOf } from './interfaces-of.ts'

it('the interfaces say what the tables say', async () => {
  await expect(interfacesOf()).toMatchFileSnapshot('interfaces.ts')
})
