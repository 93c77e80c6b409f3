import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it, vi } from 'vitest'
import { openSession } from '../session/open-session.ts'
import type { Session } from '../session/session.ts'
import { type Answers, content, refTo, Refusal, TestVCenter } from '../testing/test-vcenter.ts'
import type { DataObject, ManagedObjectReference } from '../types/data-object.ts'
import { type TaskProgress, waitForTask } from './wait-for-task.ts'

type Info = DataObject<'TaskInfo'>
const vm = refTo('VirtualMachine', 'vm-1')

/**
 * A server with tasks. Its waiting calls answer when a task changes, when they are cancelled, or never: a filter that
 * appears while a call waits does not end the call, which is the least any server does.
 */
class TaskServer {
  readonly infos = new Map<string, Info>()
  readonly collectors = new Map<
    string,
    {
      login: string
      filters: Map<string, string>
      told: Map<string, Info>
      wake: (() => void) | undefined
      isCancelled: boolean
    }
  >()
  #next = 0

  add(state: Info['state'], more: Partial<Info> = {}): ManagedObjectReference {
    const task = refTo('Task', `task-${this.infos.size + 1}`)
    this.set(task, state, more)
    return task
  }

  set(task: ManagedObjectReference, state: Info['state'], more: Partial<Info> = {}): void {
    this.infos.set(task.value, {
      key: task.value,
      task,
      descriptionId: 'VirtualMachine.createSnapshot',
      name: 'CreateSnapshot_Task',
      entity: vm,
      state,
      cancelled: false,
      cancelable: false,
      reason: { $type: 'TaskReasonUser', userName: 'backup' },
      queueTime: '2026-01-01T00:00:00Z',
      eventChainId: 1,
      ...more,
    })
    this.wakeAll()
  }

  wakeAll(): void {
    for (const collector of this.collectors.values()) collector.wake?.()
  }

  readonly answers: Answers = {
    CreatePropertyCollector: (_request, { login }) => {
      const value = `collector-${this.#next++}`
      this.collectors.set(value, {
        login: login!,
        filters: new Map(),
        told: new Map(),
        wake: undefined,
        isCancelled: false,
      })
      return refTo('PropertyCollector', value)
    },
    DestroyPropertyCollector: ({ _this }) => void this.collectors.delete(this.#collector(_this) && _this.value),
    CreateFilter: ({ _this, spec }) => {
      const { obj } = spec.objectSet[0]!
      if (!this.infos.has(obj.value)) throw new Refusal({ $type: 'ManagedObjectNotFound', obj })
      const filter = `filter-${this.#next++}`
      this.#collector(_this).filters.set(filter, obj.value)
      return refTo('PropertyFilter', filter)
    },
    DestroyPropertyFilter: ({ _this }) => {
      for (const { filters } of this.collectors.values()) filters.delete(_this.value)
    },
    CancelWaitForUpdates: ({ _this }) => {
      const collector = this.#collector(_this)
      collector.isCancelled = collector.wake !== undefined
      collector.wake?.()
    },
    WaitForUpdatesEx: async ({ _this }, { login }) => {
      const collector = this.#collector(_this)
      for (;;) {
        if (!this.collectors.has(_this.value) || collector.login !== login)
          throw new Refusal({ $type: 'ManagedObjectNotFound', obj: _this })
        if (collector.isCancelled) {
          collector.isCancelled = false
          throw new Refusal({ $type: 'RequestCanceled' })
        }
        const filterSet = this.#changes(collector)
        if (filterSet.length > 0) return { version: String(this.#next++), filterSet }
        await new Promise<void>((resolve) => (collector.wake = resolve))
        collector.wake = undefined
      }
    },
  }

  #changes({
    filters,
    told,
  }: {
    filters: Map<string, string>
    told: Map<string, Info>
  }): DataObject<'PropertyFilterUpdate'>[] {
    return [...filters].flatMap(([filter, task]) => {
      const info = this.infos.get(task)
      if (told.get(filter) === info && info !== undefined) return []
      if (info === undefined) filters.delete(filter)
      else told.set(filter, info)
      const obj = refTo('Task', task)
      const update =
        info === undefined
          ? { kind: 'leave' as const, obj }
          : {
              kind: 'modify' as const,
              obj,
              changeSet: [{ name: 'info', op: 'assign' as const, val: { $type: 'TaskInfo', ...info } }],
            }
      return [{ filter: refTo('PropertyFilter', filter), objectSet: [update] }]
    })
  }

  #collector(ref: ManagedObjectReference) {
    const collector = this.collectors.get(ref.value)
    if (collector === undefined) throw new Refusal({ $type: 'ManagedObjectNotFound', obj: ref })
    return collector
  }

  /** Everything that belongs to a session goes with it. */
  endSessions(vcenter: TestVCenter): void {
    vcenter.logins.clear()
    this.collectors.clear()
  }
}

async function withTasks(
  test: (session: Session, tasks: TaskServer, vcenter: TestVCenter) => Promise<void>,
): Promise<void> {
  const tasks = new TaskServer()
  await using vcenter = await TestVCenter.start(tasks.answers)
  await using session = await openSession(vcenter.options({ clock: fakeClock() }))
  await test(session, tasks, vcenter)
  await vi.waitUntil(() => tasks.collectors.size === 0) // whatever happened, nothing is left on the server
}

describe('waiting for a task', () => {
  it('gives its result, also when it had finished before we asked', () =>
    withTasks(async (session, tasks) => {
      const result = refTo('VirtualMachineSnapshot', 'snapshot-7')
      const task = tasks.add('success', { result })
      expect(await waitForTask(session, task)).toMatchObject({ state: 'success', result, info: { key: task.value } })
    }))

  it('tells how far it is', () =>
    withTasks(async (session, tasks) => {
      const task = tasks.add('queued')
      const steps: TaskProgress[] = []
      const waiting = waitForTask(session, task, {
        onProgress: (progress) => {
          steps.push(progress)
          if (steps.length === 1) tasks.set(task, 'running', { progress: 10 })
          if (steps.length === 2) tasks.set(task, 'success')
        },
      })
      expect(await waiting).toMatchObject({ state: 'success', result: undefined })
      expect(steps).toEqual([
        { state: 'queued', percent: undefined },
        { state: 'running', percent: 10 },
      ])
    }))

  it('throws what a refused call would have thrown', () =>
    withTasks(async (session, tasks) => {
      const fault = { $type: 'ApplicationQuiesceFault' } as const
      const task = tasks.add('error', { error: { fault, localizedMessage: 'Cannot quiesce.' } })
      await expect(waitForTask(session, task)).rejects.toMatchObject({
        code: 'vsphere.snapshot-quiesce-failed',
        message: expect.stringContaining('CreateSnapshot_Task on VirtualMachine:vm-1: Cannot quiesce.') as string,
        details: { fault },
      })
    }))

  it('does not fail when the server forgets the task, before or while we wait', () =>
    withTasks(async (session, tasks) => {
      expect(await waitForTask(session, refTo('Task', 'task-99'))).toEqual({ state: 'vanished' })
      const task = tasks.add('running')
      const forget = () => {
        tasks.infos.delete(task.value)
        tasks.wakeAll()
      }
      expect(await waitForTask(session, task, { onProgress: forget })).toEqual({ state: 'vanished' })
    }))

  it('does not fail either where only the waiting call says that the task is not there', () =>
    withTasks(async (session, tasks, vcenter) => {
      const running = tasks.add('running')
      const unknown = refTo('Task', 'task-99')
      const { CreateFilter, WaitForUpdatesEx } = tasks.answers
      vcenter.answers.CreateFilter = (request, call) =>
        request.spec.objectSet[0]!.obj.value === unknown.value
          ? refTo('PropertyFilter', 'unknown')
          : CreateFilter!(request, call)
      let isAsked = false
      vcenter.answers.WaitForUpdatesEx = (request, call) => {
        if (isAsked) return WaitForUpdatesEx!(request, call)
        isAsked = true
        throw new Refusal({ $type: 'ManagedObjectNotFound', obj: unknown })
      }
      const others = waitForTask(session, running, { onProgress: () => tasks.set(running, 'success') })
      expect(await waitForTask(session, unknown)).toEqual({ state: 'vanished' })
      expect(await others).toMatchObject({ state: 'success' })
    }))

  it('stops when aborted, and leaves other waits alone', () =>
    withTasks(async (session, tasks) => {
      const [first, second] = [tasks.add('running'), tasks.add('running')]
      const controller = new AbortController()
      const reason = new Error('enough')
      const seen = Promise.withResolvers<void>()
      const others = waitForTask(session, second, { onProgress: () => seen.resolve() })
      const aborted = waitForTask(session, first, {
        onProgress: () => void seen.promise.then(() => controller.abort(reason)),
        signal: controller.signal,
      })
      await expect(aborted).rejects.toBe(reason)
      tasks.set(second, 'success')
      expect(await others).toMatchObject({ state: 'success' })
      await expect(waitForTask(session, second, { signal: controller.signal })).rejects.toBe(reason)
    }))

  it('gives a listener’s own error to that listener', () =>
    withTasks(async (session, tasks) => {
      const reason = new Error('my own')
      const fail = () => {
        throw reason
      }
      await expect(waitForTask(session, tasks.add('running'), { onProgress: fail })).rejects.toBe(reason)
    }))
})

describe('many tasks', () => {
  it('are watched with one collector and one waiting call, whenever each begins', () =>
    withTasks(async (session, tasks, vcenter) => {
      const first = tasks.add('running')
      const started = Promise.withResolvers<void>()
      const waits = [waitForTask(session, first, { onProgress: () => started.resolve() })]
      await started.promise
      const rest = Array.from({ length: 20 }, () => tasks.add('running'))
      let running = 0
      const allSeen = Promise.withResolvers<void>()
      waits.push(
        ...rest.map((task) =>
          waitForTask(session, task, { onProgress: () => void (++running === rest.length && allSeen.resolve()) }),
        ),
      )
      await allSeen.promise // each was seen although the call was waiting before its filter was there
      expect(vcenter.countOf('CreatePropertyCollector')).toBe(1)
      for (const task of [first, ...rest]) tasks.set(task, 'success')
      expect((await Promise.all(waits)).map(({ state }) => state)).toEqual(Array.from({ length: 21 }, () => 'success'))
    }))

  it('lose no update that overtakes the reply to CreateFilter', () =>
    withTasks(async (session, tasks, vcenter) => {
      const started = Promise.withResolvers<void>()
      const first = tasks.add('running')
      const others = waitForTask(session, first, { onProgress: () => started.resolve() })
      await started.promise
      const { CreateFilter } = tasks.answers
      const finished = tasks.add('success')
      vcenter.answers.CreateFilter = async (request, call) => {
        const filter = await CreateFilter!(request, call)
        const waits = vcenter.countOf('WaitForUpdatesEx')
        tasks.wakeAll() // the call that waits tells of the filter, and the client waits again, before it has the filter's name
        await vi.waitUntil(() => vcenter.countOf('WaitForUpdatesEx') > waits)
        return filter
      }
      expect(await waitForTask(session, finished)).toMatchObject({ state: 'success' })
      tasks.set(first, 'success')
      await others
    }))

  it('whose update never comes are looked at after a wait without news', () =>
    withTasks(async (session, tasks, vcenter) => {
      const task = tasks.add('running')
      const { WaitForUpdatesEx } = tasks.answers
      let waits = 0
      vcenter.answers.WaitForUpdatesEx = (request, call) =>
        ++waits === 1 ? WaitForUpdatesEx!(request, call) : undefined
      vcenter.answers.RetrievePropertiesEx = () => {
        const info = { $type: 'TaskInfo', ...tasks.infos.get(task.value)!, state: 'success' as const }
        return { objects: [{ obj: task, propSet: [{ name: 'info', val: info }] }] }
      }
      expect(await waitForTask(session, task)).toMatchObject({ state: 'success' })
      expect(waits).toBe(2)
    }))

  it('one after the other do not meet the end of the watch before', () =>
    withTasks(async (session, tasks) => {
      for (let i = 0; i < 10; i++)
        expect(await waitForTask(session, tasks.add('success'))).toMatchObject({ state: 'success' })
    }))

  it('survive the end of the session in mid-wait', () =>
    withTasks(async (session, tasks, vcenter) => {
      const all = Array.from({ length: 5 }, () => tasks.add('running'))
      let seen = 0
      const again = Promise.withResolvers<void>()
      const waits = all.map((task) =>
        waitForTask(session, task, { onProgress: () => void (++seen === 10 && again.resolve()) }),
      )
      await vi.waitUntil(() => seen === 5)
      tasks.endSessions(vcenter)
      vcenter.server.cut()
      await again.promise // each is seen anew, through a new collector
      for (const task of all) tasks.set(task, 'success')
      expect((await Promise.all(waits)).map(({ state }) => state)).toEqual(all.map(() => 'success'))
      expect(session.generation).toBe(2)
    }))

  it('survive a connection that breaks', () =>
    withTasks(async (session, tasks, vcenter) => {
      const task = tasks.add('running')
      let seen = 0
      const waiting = waitForTask(session, task, { onProgress: () => void seen++ })
      await vi.waitUntil(() => seen === 1)
      vcenter.server.cut()
      await vi.waitUntil(() => seen === 2)
      tasks.set(task, 'success')
      expect(await waiting).toMatchObject({ state: 'success' })
    }))

  it('fail together when the server has no collector for us', () =>
    withTasks(async (session, tasks, vcenter) => {
      vcenter.answers.CreatePropertyCollector = () => {
        throw new Refusal({ $type: 'NoPermission', object: content.propertyCollector, privilegeId: 'System.View' })
      }
      const waits = [tasks.add('running'), tasks.add('running')].map((task) => waitForTask(session, task))
      for (const result of await Promise.allSettled(waits))
        expect(result).toMatchObject({ reason: { code: 'vsphere.no-permission' } })
    }))

  it('fail when the session is closed', async () => {
    const tasks = new TaskServer()
    await using vcenter = await TestVCenter.start(tasks.answers)
    const session = await openSession(vcenter.options({ clock: fakeClock() }))
    let seen = 0
    const waiting = waitForTask(session, tasks.add('running'), { onProgress: () => void seen++ })
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'vsphere.session-closed' })
    await vi.waitUntil(() => seen === 1)
    await session[Symbol.asyncDispose]()
    await outcome
  })
})
