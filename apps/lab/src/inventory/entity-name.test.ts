import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openTestLab, service } from '../testing.ts'
import { escapeName, plainName } from './entity-name.ts'

it.each([
  ['a/b', 'a%2fb'],
  ['a\\b', 'a%5cb'],
  ['100%', '100%25'],
  ['a%2fb', 'a%2fb'],
  ['100%25', '100%25'],
])('keeps the name %s as %s', (name, kept) => expect(escapeName(name)).toBe(kept))

it('gives back a plain name, and never escapes twice', () =>
  fc.assert(
    fc.property(
      fc.string().filter((name) => !/%[0-9a-f]{2}/i.test(name)),
      (name) => {
        expect(plainName(escapeName(name))).toBe(name)
        expect(escapeName(escapeName(name))).toBe(escapeName(name))
      },
    ),
  ))

it('finds an entity by its name escaped or, where it stands alone, plain', async () => {
  await using world = await openTestLab({ vms: [{ name: 'dev/web 100%' }] })
  const searchIndex = service('SearchIndex', 'SearchIndex')
  const find = (inventoryPath: string) =>
    world.client.call('FindByInventoryPath', { _this: searchIndex, inventoryPath })
  expect(await find('/Lab/vm/dev%2fweb 100%25')).toMatchObject({ value: 'vm-101' })
  expect(await find('Lab/vm/dev/web 100%')).toBeUndefined()
  const folder = (await find('Lab/vm'))!
  const child = await world.client.call('FindChild', { _this: searchIndex, entity: folder, name: 'dev/web 100%' })
  expect(child).toMatchObject({ value: 'vm-101' })
  expect(await world.client.read(child!, 'name')).toBe('dev%2fweb 100%25')
})
