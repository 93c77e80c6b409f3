import { AppError, collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { openSession } from '../session/open-session.ts'
import type { Session } from '../session/session.ts'
import { type Answers, content, refTo, Refusal, TestVCenter } from '../testing/test-vcenter.ts'
import { decodeValueXml } from '../soap/decode-value.ts'
import type { DataObject, ManagedObjectReference } from '../types/data-object.ts'
import { readProperties, readPropertyXml } from './read-properties.ts'
import { retrieve, type RetrieveFrom } from './retrieve.ts'

/** A server with `count` VMs that pages as it is asked, and forgets pages and views with the session they belong to. */
class PagedInventory {
  readonly pages = new Map<string, { login: string; rest: DataObject<'ObjectContent'>[] }>()
  readonly views = new Map<string, string>()
  readonly vms: DataObject<'ObjectContent'>[]
  #next = 0

  constructor(count: number) {
    this.vms = Array.from({ length: count }, (_, i) => ({
      obj: refTo('VirtualMachine', `vm-${i}`),
      propSet: [{ name: 'name', val: `VM ${i}` }],
    }))
  }

  readonly answers: Answers = {
    RetrievePropertiesEx: ({ specSet, options }, { login }) => {
      const [spec] = specSet
      for (const { obj } of spec!.objectSet) this.#mustKnow(obj)
      const named = new Set(spec!.objectSet.map(({ obj }) => obj.value))
      const isView = spec!.objectSet[0]?.skip === true
      return this.#page(
        this.vms.filter(({ obj }) => isView || named.has(obj.value)),
        options.maxObjects,
        login!,
      )
    },
    ContinueRetrievePropertiesEx: ({ token }, { login }) => {
      const page = this.pages.get(token)
      if (page?.login !== login) throw new Refusal({ $type: 'InvalidProperty', name: 'token' })
      this.pages.delete(token)
      return this.#page(page!.rest, 100, login!)!
    },
    CancelRetrievePropertiesEx: ({ token }) => void this.pages.delete(token),
    CreateContainerView: (_request, { login }) => {
      const view = `session[${this.#next++}]`
      this.views.set(view, login!)
      return refTo('ContainerView', view)
    },
    DestroyView: ({ _this }) => {
      this.#mustKnow(_this)
      this.views.delete(_this.value)
    },
  }

  #mustKnow(obj: ManagedObjectReference): void {
    const isKnown = this.views.has(obj.value) || this.vms.some((vm) => vm.obj.value === obj.value)
    if (!isKnown) throw new Refusal({ $type: 'ManagedObjectNotFound', obj })
  }

  #page(all: DataObject<'ObjectContent'>[], size = 100, login: string): DataObject<'RetrieveResult'> | undefined {
    if (all.length === 0) return undefined
    if (all.length <= size) return { objects: all }
    const token = `token-${this.#next++}`
    this.pages.set(token, { login, rest: all.slice(size) })
    return { objects: all.slice(0, size), token }
  }
}

async function withInventory(
  count: number,
  test: (session: Session, inventory: PagedInventory, vcenter: TestVCenter) => Promise<void>,
): Promise<void> {
  const inventory = new PagedInventory(count)
  await using vcenter = await TestVCenter.start(inventory.answers)
  await using session = await openSession(vcenter.options({ clock: fakeClock() }))
  await test(session, inventory, vcenter)
}

const under: RetrieveFrom = { under: content.rootFolder }
const names = (from: RetrieveFrom) => ({ type: 'VirtualMachine', paths: ['name'], from }) as const

describe('retrieving', () => {
  it.each([0, 1, 99, 100, 101, 250])('gives every one of %d objects once, and gives everything back', (count) =>
    withInventory(count, async (session, inventory) => {
      const found = await collect(retrieve(session, names(under)))
      expect(found.map(({ properties }) => properties.name)).toEqual(inventory.vms.map((_, i) => `VM ${i}`))
      expect([inventory.pages.size, inventory.views.size]).toEqual([0, 0])
    }),
  )

  it('gives everything back also when stopped early', () =>
    withInventory(250, async (session, inventory) => {
      for await (const { ref } of retrieve(session, names(under))) if (ref.value === 'vm-3') break
      expect([inventory.pages.size, inventory.views.size]).toEqual([0, 0])
    }))

  it('goes on after a new login, and gives nothing twice', () =>
    withInventory(250, async (session, _inventory, vcenter) => {
      const found: string[] = []
      for await (const { ref } of retrieve(session, names(under))) {
        found.push(ref.value)
        if (found.length === 150) vcenter.logins.clear()
      }
      expect(found).toEqual(Array.from({ length: 250 }, (_, i) => `vm-${i}`))
      expect(session.generation).toBe(2)
    }))

  it('leaves out of a list what no longer exists', () =>
    withInventory(1200, async (session, inventory) => {
      const refs = inventory.vms.map(({ obj }) => obj)
      const listed = [
        ...refs.slice(0, 700),
        refTo('VirtualMachine', 'gone-1'),
        ...refs.slice(700),
        refTo('VirtualMachine', 'gone-2'),
      ]
      const found = await collect(retrieve(session, names(listed)))
      expect(found.map(({ ref }) => ref.value)).toEqual(refs.map(({ value }) => value))
    }))

  it('asks nothing about an empty list', () =>
    withInventory(3, async (session, _inventory, vcenter) => {
      expect(await collect(retrieve(session, names([])))).toEqual([])
      expect(vcenter.countOf('RetrievePropertiesEx')).toBe(0)
    }))

  it('ends with the reason of an abort', () =>
    withInventory(250, async (session) => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const reading = (async () => {
        for await (const _ of retrieve(session, names(under), controller.signal)) controller.abort(reason)
      })()
      await expect(reading).rejects.toBe(reason)
    }))

  it('passes on what may not be read', () =>
    withInventory(1, async (session, inventory) => {
      const fault = { $type: 'NoPermission', privilegeId: 'System.Read' } as const
      inventory.vms[0] = {
        obj: inventory.vms[0]!.obj,
        missingSet: [{ path: 'name', fault: { fault, localizedMessage: 'no' } }],
      }
      const [found] = await collect(retrieve(session, names(under)))
      expect(found).toMatchObject({ properties: {}, missing: [{ path: 'name', fault: { fault } }] })
      const reading = readProperties(session, { type: 'VirtualMachine', ref: inventory.vms[0].obj, paths: ['name'] })
      await expect(reading).rejects.toMatchObject({ code: 'vsphere.no-permission', details: { fault } })
    }))
})

describe('reading one object', () => {
  const vm = refTo('VirtualMachine', 'vm-0')

  it('gives its properties, typed, those that are set', () =>
    withInventory(1, async (session, inventory) => {
      inventory.vms[0] = {
        obj: vm,
        propSet: [
          { name: 'name', val: 'web' },
          {
            name: 'config.hardware.device',
            val: { $type: 'ArrayOfVirtualDevice', $value: [{ $type: 'VirtualFloppy', key: 8000 }] },
          },
        ],
      }
      const found = await readProperties(session, {
        type: 'VirtualMachine',
        ref: vm,
        paths: ['name', 'config.hardware.device', 'snapshot'],
      })
      const keys: number[] | undefined = found['config.hardware.device']?.map(({ key }) => key)
      expect([found.name, keys, found.snapshot]).toEqual(['web', [8000], undefined])
    }))

  it('says so when it is gone', () =>
    withInventory(0, async (session) => {
      const reading = readProperties(session, { type: 'VirtualMachine', ref: vm, paths: ['name'] })
      await expect(reading).rejects.toMatchObject({
        code: 'vsphere.not-found',
        message: expect.stringContaining('VirtualMachine:vm-0') as string,
      })
      await expect(readPropertyXml(session, { ref: vm, path: 'name' })).rejects.toMatchObject({
        code: 'vsphere.not-found',
      })
    }))

  it('gives a value as the XML it came in, to be decoded later', () =>
    withInventory(1, async (session, inventory) => {
      const files = { $type: 'VirtualMachineFileInfo', vmPathName: '[ds] a & b/c.vmx' }
      inventory.vms[0] = {
        obj: vm,
        propSet: [
          { name: 'name', val: 'web' },
          { name: 'config.files', val: files },
        ],
      }
      const xml = await readPropertyXml(session, { ref: vm, path: 'config.files' })
      expect(xml).toBe(
        '<val xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="urn:vim25"' +
          ' xsi:type="VirtualMachineFileInfo"><vmPathName>[ds] a &amp; b/c.vmx</vmPathName></val>',
      )
      expect(decodeValueXml(xml!)).toEqual(files)
      expect(await readPropertyXml(session, { ref: vm, path: 'snapshot' })).toBeUndefined()
    }))

  it('tells as XML, too, what may not be read', () =>
    withInventory(1, async (session, inventory) => {
      const fault = { $type: 'NoPermission', privilegeId: 'System.Read' } as const
      inventory.vms[0] = { obj: vm, missingSet: [{ path: 'config', fault: { fault } }] }
      const error = await readPropertyXml(session, { ref: vm, path: 'config' }).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(AppError)
      expect(error).toMatchObject({ code: 'vsphere.no-permission' })
    }))
})
