// vCenter as the make-believe library asks it to keep a VM in its place: the lab disables RelocateVM_Task, and shows it to everybody.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FakeVddk } from '@vmkeep/vddk/testing'
import { faultOf, readProperties, type Session } from '@vmkeep/vsphere'

const method = 'RelocateVM_Task'
/** What the library makes of what vCenter refuses. Its real numbers for it are not known. */
const numbers: Readonly<Record<string, number>> = { MethodAlreadyDisabledFault: 5, NoPermission: 3014 }

/** The library asks with an account of its own, that of `session`. Disposed with what is returned. */
export async function vcenterOfLibrary(fake: FakeVddk, session: Session): Promise<AsyncDisposable> {
  const path = join(fake.folder, 'vcenter')
  const server = createServer((socket) => {
    socket.on('error', () => {}) // its process was killed
    createInterface(socket).once('line', (line) => {
      void ask(session, line).then((number) => socket.end(`${number}\n`))
    })
  })
  await once(server.listen(path), 'listening')
  await fake.configure({ vcenter: path })
  return {
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

async function ask(session: Session, line: string): Promise<number> {
  const [verb, vm, sourceId] = line.split(' ') as [string, string, string]
  const entity = [{ type: 'VirtualMachine', value: vm }] as const
  const _this = session.content.authorizationManager!
  try {
    if (verb === 'EndAccess') await session.call('EnableMethods', { _this, entity, method: [method], sourceId })
    else {
      const disable = [{ method, reasonId: 'vim.VirtualMachine' }]
      await session.call('DisableMethods', { _this, entity, method: disable, sourceId })
    }
    return 0
  } catch (error) {
    return numbers[faultOf(error)?.$type ?? ''] ?? 1
  }
}

/** Whether an admin sees that the VM can't be moved. */
export async function isHeld(session: Session, vm: string): Promise<boolean> {
  const request = {
    type: 'VirtualMachine',
    ref: { type: 'VirtualMachine', value: vm },
    paths: ['disabledMethod'],
  } as const
  return (await readProperties(session, request)).disabledMethod?.includes(method) ?? false
}
