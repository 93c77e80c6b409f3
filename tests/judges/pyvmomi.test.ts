import { describe, expect } from 'vitest'
import { type Lab, startLab } from '../../apps/lab/src/index.ts'
import { judgeTest, mustAgree } from './judge.ts'

// pyvmomi is VMware's own Python binding. It refuses any element and any value its types do not know, and reads whole
// properties: what it can read is complete and of the right types.

const preamble = `
import json, sys, urllib.request
from pyVim.connect import SmartConnect, Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl, VmomiSupport

host, port, user, password, control = sys.argv[1:6]
service = SmartConnect(host=host, port=int(port), user=user, pwd=password, disableSslCertValidation=True)
content = service.RetrieveContent()

def vm_named(name):
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    try:
        return next(vm for vm in view.view if vm.name == name)
    finally:
        view.Destroy()

def disks_of(config):
    return [d for d in config.hardware.device if isinstance(d, vim.vm.device.VirtualDisk)]

def guest_writes(**what):
    urllib.request.urlopen(control + '/lab/vms/web01/write', data=json.dumps(what).encode()).read()

def tell(answer):
    Disconnect(service)
    print(json.dumps(answer))
`

const walk = `
seen, refused, count = set(), [], 0
def read(thing):
    global count
    if thing is None or thing._moId in seen:
        return
    seen.add(thing._moId)
    for prop in thing._GetPropertyList():
        count += 1
        try:
            value = getattr(thing, prop.name)
        except vmodl.fault.MethodNotFound:
            continue  # younger than the server: pyvmomi says so by itself
        except Exception as error:
            refused.append('%s.%s: %s' % (type(thing).__name__, prop.name, type(error).__name__))
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, VmomiSupport.ManagedObject):
                read(item)
read(content.rootFolder)
for prop in content._propInfo.values():
    value = getattr(content, prop.name)
    if isinstance(value, VmomiSupport.ManagedObject):
        read(value)
tell({'objects': len(seen), 'properties': count, 'refused': refused, 'version': content.about.apiVersion})
`

const backup = `
vm = vm_named('web01')
WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeTrackingEnabled=True)))
WaitForTask(vm.CreateSnapshot_Task(name='one', description='d', memory=False, quiesce=True))
first = vm.snapshot.currentSnapshot
quiesced = vm.snapshot.rootSnapshotList[0].quiesced
ids = {d.key: d.backing.changeId for d in disks_of(first.config)}
live = [[d.backing.fileName, d.backing.parent.fileName] for d in disks_of(vm.config)]
allocated = vm.QueryChangedDiskAreas(first, 2000, 0, '*')
WaitForTask(first.RemoveSnapshot_Task(removeChildren=False, consolidate=True))
gone = vm.snapshot is None
guest_writes(offset=200000, text='written between two snapshots')
WaitForTask(vm.CreateSnapshot_Task(name='two', description='d', memory=False, quiesce=False))
second = vm.snapshot.currentSnapshot
page = vm.QueryChangedDiskAreas(second, 2000, 0, ids[2000])
faults = {}
for name, args in {'dead': (second, 2000, 0, '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81'), 'end': (second, 2000, page.length, '*')}.items():
    try:
        vm.QueryChangedDiskAreas(*args)
    except vmodl.MethodFault as error:
        faults[name] = [type(error).__name__, error.msg]
WaitForTask(vm.RemoveAllSnapshots_Task(consolidate=True))
tell({
    'quiesced': quiesced, 'live': live, 'allocated': allocated.length, 'gone': gone, 'length': page.length, 'faults': faults,
    'changed': [[a.start, a.length] for a in page.changedArea], 'needed': vm.runtime.consolidationNeeded,
})
`

const rules = `
vm = vm_named('web01')
try:
    WaitForTask(vm.CreateSnapshot_Task(name='s', description='', memory=False, quiesce=True))
except Exception as error:
    tell([type(error).__name__, error.msg])
`

const vms = [
  {
    name: 'web01',
    disks: [{ capacityBytes: 4 * 1024 ** 2 }, { capacityBytes: 1024 ** 2 }],
    snapshots: [{ name: 'old' }],
  },
]

describe.each([
  ['a vCenter', 'vcenter'],
  ['an ESXi host', 'esxi'],
] as const)('pyvmomi takes %s for real', (_, mode) => {
  judgeTest('and reads every property of every object', ['python:pyVmomi'], async (judges) => {
    await using lab = await startLab({
      mode,
      vms: [...vms, { name: 'template', template: true }, { name: 'lost', connection: 'orphaned' }],
    })
    const told = await ask(judges['python:pyVmomi'], walk, lab)
    expect(told).toMatchObject({ refused: [], version: '8.0.3.0' })
    expect((told as { objects: number }).objects).toBeGreaterThan(25)
    expect((told as { properties: number }).properties).toBeGreaterThan(400)
    expect(lab.stats).toMatchObject({ mistakes: [], sessionsOpen: 0 })
  })

  judgeTest('and backs up by changed blocks as its users’ scripts do', ['python:pyVmomi'], async (judges) => {
    await using lab = await startLab({ mode, vms: vms.map(({ name, disks }) => ({ name, disks })) })
    const told = await ask(judges['python:pyVmomi'], backup, lab)
    expect(told).toMatchObject({
      quiesced: true,
      gone: true,
      needed: false,
      allocated: 4 * 1024 ** 2,
      length: 4 * 1024 ** 2,
      changed: [[196_608, 65_536]],
      live: [
        ['[shared-1] web01/web01-000001.vmdk', '[shared-1] web01/web01.vmdk'],
        ['[shared-1] web01/web01_1-000001.vmdk', '[shared-1] web01/web01_1.vmdk'],
      ],
      faults: {
        dead: ['vim.fault.FileFault', 'Error caused by file /vmfs/volumes/shared-1/web01/web01.vmdk'],
        end: ['vmodl.fault.InvalidArgument', 'A specified parameter was not correct: startOffset'],
      },
    })
    expect(lab.stats).toMatchObject({ mistakes: [], snapshotsAlive: 0 })
  })

  judgeTest('and raises its typed faults', ['python:pyVmomi'], async (judges) => {
    await using lab = await startLab({ mode, vms })
    lab.faults.add({ on: 'CreateSnapshot_Task', then: { do: 'task-fault', type: 'FilesystemQuiesceFault' } })
    expect(await ask(judges['python:pyVmomi'], rules, lab)).toEqual([
      'vim.fault.FilesystemQuiesceFault',
      expect.stringContaining('An error occurred while quiescing the virtual machine.'),
    ])
  })
})

/** Runs a script and gives back what it told. */
async function ask(python: string, script: string, lab: Lab): Promise<unknown> {
  const { host, port, username, password, controlUrl } = lab
  return JSON.parse(
    await mustAgree(python, ['-c', preamble + script, host, `${port}`, username, password, controlUrl]),
  ) as unknown
}
