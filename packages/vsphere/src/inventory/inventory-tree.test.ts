import { describe, expect, it } from 'vitest'
import { InventoryTree } from './inventory-tree.ts'

const ref = (type: string, value: string) => ({ type, value })
const root = ref('Folder', 'group-d1')
const datacenter = { ref: ref('Datacenter', 'datacenter-2'), name: 'DC', parent: root }
const vmFolder = { ref: ref('Folder', 'group-v3'), name: 'vm', parent: datacenter.ref }
const folder = { ref: ref('Folder', 'group-v9'), name: 'a%2fb', parent: vmFolder.ref }
const tree = new InventoryTree(root, [{ ref: root, name: 'Datacenters' }, datacenter, vmFolder, folder])

describe('InventoryTree', () => {
  it('builds paths from the datacenter down, without the root', () => {
    expect(tree.pathOf('web%25', folder.ref)).toBe('/DC/vm/a%2fb/web%')
    expect(tree.pathOf('web', vmFolder.ref)).toBe('/DC/vm/web')
    expect(tree.pathOf('DC2', root)).toBe('/DC2')
  })

  it('tells as much of a path as it knows', () => {
    expect(tree.pathOf('web', ref('Folder', 'hidden'))).toBe('/web')
    expect(tree.pathOf('web', undefined)).toBe('/web')
    const partly = new InventoryTree(root, [folder])
    expect(partly.pathOf('web', folder.ref)).toBe('/a%2fb/web')
  })

  it('keeps apart objects of different types with one id, as ESXi has them', () => {
    const both = new InventoryTree(root, [
      { ref: ref('Folder', '2'), name: 'folder', parent: root },
      { ref: ref('VirtualApp', '2'), name: 'app', parent: root },
    ])
    expect(both.pathOf('x', ref('VirtualApp', '2'))).toBe('/app/x')
  })

  it('ends where parents go in a circle', () => {
    const [a, b] = [ref('Folder', 'a'), ref('Folder', 'b')]
    const circle = new InventoryTree(root, [
      { ref: a, name: 'a', parent: b },
      { ref: b, name: 'b', parent: a },
    ])
    expect(circle.pathOf('x', a)).toBe('/b/a/x')
  })
})
