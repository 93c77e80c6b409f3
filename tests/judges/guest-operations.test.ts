import { describe, expect } from 'vitest'
import { type LabOptions, startLab } from '../../apps/lab/src/index.ts'
import { judgeTest, mustAgree, runJudge } from './judge.ts'

// Programs in guests, as govc and pyvmomi start them and wait for them: each with types and code of its own.

const vms = [
  {
    name: 'web01',
    guest: {
      users: [
        { name: 'backup', password: 'guest-Pa55 word' },
        { name: 'root', password: 'r' },
      ],
      programs: [
        { path: '/usr/local/sbin/freeze', exitCode: 3, writes: 'cannot freeze: busy' },
        { path: '/usr/bin/slow', runsMs: 3_600_000 },
        { path: '/usr/sbin/only-root', onlyFor: 'root' },
      ],
    },
  },
  { name: 'silent', tools: 'missing' as const, guest: { users: [{ name: 'backup', password: 'guest-Pa55 word' }] } },
  { name: 'dark', power: 'off' as const },
]

describe.each<[string, LabOptions]>([
  ['a vCenter', { vms }],
  ['an ESXi host', { mode: 'esxi', vms }],
])('in guests of %s', (_, options) => {
  judgeTest('govc starts a program and waits for its exit code', ['govc'], async ({ govc }) => {
    await using lab = await startLab(options)
    const env = {
      GOVC_URL: `https://${lab.host}:${lab.port}/sdk`,
      GOVC_USERNAME: lab.username,
      GOVC_PASSWORD: lab.password,
      GOVC_INSECURE: '1',
      GOVC_PERSIST_SESSION: 'false',
      GOVC_GUEST_LOGIN: 'backup:guest-Pa55 word',
    }
    const pid = (
      await mustAgree(govc, ['guest.start', '-vm', 'web01', '/usr/local/sbin/freeze', 'pre'], { env })
    ).trim()
    const ps = await mustAgree(govc, ['guest.ps', '-vm', 'web01', '-p', pid, '-X', '-json'], { env })
    expect(JSON.stringify(JSON.parse(ps))).toMatch(/"owner":"backup".*"exitCode":3/)
    const started = { path: '/usr/local/sbin/freeze', arguments: 'pre' }
    expect(lab.vm('web01').guestProcesses).toMatchObject([started])
    const file = (await mustAgree(govc, ['guest.mktemp', '-vm', 'web01', '-p', '/dev/shm'], { env })).trim()
    expect(file).toMatch(/^\/dev\/shm\//)
    const redirected = ['guest.start', '-vm', 'web01', '/usr/local/sbin/freeze', `pre > ${file} 2>&1`]
    await mustAgree(govc, redirected, { env })
    // Of a vCenter's host it asks port 443, whatever the URL says, which is not the lab's.
    if (lab.mode === 'esxi')
      expect(await mustAgree(govc, ['guest.download', '-vm', 'web01', file, '-'], { env })).toBe('cannot freeze: busy')
    await mustAgree(govc, ['guest.rm', '-vm', 'web01', file], { env })
    expect(lab.vm('web01').guestFiles).toEqual([])
    const wrong = { env: { ...env, GOVC_GUEST_LOGIN: 'backup:wrong' } }
    const refused = await runJudge(govc, ['guest.start', '-vm', 'web01', '/usr/local/sbin/freeze'], wrong)
    expect(refused.stderr).toContain('Failed to authenticate with the guest operating system')
    expect(lab.stats.mistakes).toEqual([])
  })

  judgeTest('pyvmomi knows what each call refuses', ['python:pyVmomi'], async (judges) => {
    await using lab = await startLab(options)
    const { host, port, username, password } = lab
    const told = await mustAgree(judges['python:pyVmomi'], ['-c', script, host, `${port}`, username, password])
    expect(JSON.parse(told)).toEqual({
      'the login': null,
      'a wrong password': 'vim.fault.InvalidGuestLogin',
      'a desktop': 'vim.fault.InvalidGuestLogin',
      'a guest that is off': 'vim.fault.InvalidPowerState',
      'a guest without Tools': 'vim.fault.GuestOperationsUnavailable',
      'no such program': 'vim.fault.FileNotFound',
      'a program of another': 'vim.fault.GuestPermissionDenied',
      'no such process': 'vim.fault.GuestProcessNotFound',
      while: null,
      after: 143,
      none: 0,
      all: ['systemd', 'slow', 'freeze'],
      written: 'cannot freeze: busy',
      'no such file': 'vim.fault.FileNotFound',
      'no such folder': 'vim.fault.FileNotFound',
    })
    expect(lab.stats.mistakes).toEqual([])
  })
})

const script = `
import json, ssl, sys, urllib.request
from pyVim.connect import SmartConnect, Disconnect
from pyVmomi import vim, vmodl

host, port, user, password = sys.argv[1:5]
service = SmartConnect(host=host, port=int(port), user=user, pwd=password, disableSslCertValidation=True)
content = service.RetrieveContent()
view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
vms = {vm.name: vm for vm in view.view}
auth, processes = content.guestOperationsManager.authManager, content.guestOperationsManager.processManager
login = vim.vm.guest.NamePasswordAuthentication(username='backup', password='guest-Pa55 word', interactiveSession=False)
wrong = vim.vm.guest.NamePasswordAuthentication(username='backup', password='wrong', interactiveSession=False)
desktop = vim.vm.guest.NamePasswordAuthentication(username='backup', password='guest-Pa55 word', interactiveSession=True)
web = vms['web01']

def spec(path):
    return vim.vm.guest.ProcessManager.ProgramSpec(programPath=path, arguments='')

def refusal(call, *args):
    try:
        call(*args)
    except vmodl.MethodFault as error:
        return type(error).__name__

told = {
    'the login': refusal(auth.ValidateCredentialsInGuest, web, login),
    'a wrong password': refusal(auth.ValidateCredentialsInGuest, web, wrong),
    'a desktop': refusal(auth.ValidateCredentialsInGuest, web, desktop),
    'a guest that is off': refusal(auth.ValidateCredentialsInGuest, vms['dark'], login),
    'a guest without Tools': refusal(auth.ValidateCredentialsInGuest, vms['silent'], login),
    'no such program': refusal(processes.StartProgramInGuest, web, login, spec('/none')),
    'a program of another': refusal(processes.StartProgramInGuest, web, login, spec('/usr/sbin/only-root')),
    'no such process': refusal(processes.TerminateProcessInGuest, web, login, 99),
}
pid = processes.StartProgramInGuest(web, login, spec('/usr/bin/slow'))
told['while'] = processes.ListProcessesInGuest(web, login, [pid])[0].exitCode
processes.TerminateProcessInGuest(web, login, pid)
told['after'] = processes.ListProcessesInGuest(web, login, [pid])[0].exitCode
told['none'] = len(processes.ListProcessesInGuest(web, login, [99]))
files = content.guestOperationsManager.fileManager
path = files.CreateTemporaryFileInGuest(web, login, 'judge', '.log', '/dev/shm')
processes.StartProgramInGuest(web, login, vim.vm.guest.ProcessManager.ProgramSpec(programPath='/usr/local/sbin/freeze', arguments='pre > ' + path + ' 2>&1'))
offered = files.InitiateFileTransferFromGuest(web, login, path)
url = offered.url.replace('*', host + ':' + port)
written = urllib.request.urlopen(url, context=ssl._create_unverified_context()).read()
assert len(written) == offered.size
told['written'] = written.decode()
files.DeleteFileInGuest(web, login, path)
told['no such file'] = refusal(files.InitiateFileTransferFromGuest, web, login, path)
told['no such folder'] = refusal(files.CreateTemporaryFileInGuest, web, login, 'judge', '', '/none')
told['all'] = [process.name for process in processes.ListProcessesInGuest(web, login)]
Disconnect(service)
print(json.dumps(told))
`
