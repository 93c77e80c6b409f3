import { transportOf } from '../backup-options.ts'
import { chooseVcenter } from '../config/choose-vcenter.ts'
import { command } from '../command.ts'
import type { Finding } from '../doctor/finding.ts'
import { count } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { choice, flag, option, options as many } from '../parameters.ts'
import { purposes, purposesOf } from '../doctor/needed-privileges.ts'
import { stateFolderOf } from '../state-folder.ts'

export const doctorCommand = command({
  name: 'doctor',
  summary: 'Check everything a backup needs, and say how to mend what is missing',
  description:
    'Looks at this machine, the repository and every configured vCenter (or the one of --vcenter): names, ports, certificates, sign-in, versions, clocks, ' +
    'privileges by name, the NFC port of every ESXi host, change tracking, leftovers. Changes nothing but for a small probe file in the repository, unless --fix is given.',
  examples: [
    { run: 'vmkeep doctor', does: 'everything' },
    { run: 'vmkeep doctor --vcenter main -o json', does: 'one vCenter, for a program' },
    {
      run: 'vmkeep doctor --role govc > role.sh',
      does: 'the smallest role that does what the config says, as a script',
    },
    { run: 'vmkeep doctor --fix', does: 'also removes the snapshots an interrupted run has left' },
  ],
  options: {
    fix: flag({ help: 'remove what interrupted runs of this installation have left in vSphere' }),
    role: option(choice(['list', 'govc', 'powercli']), {
      help: 'check nothing: print the smallest role that suffices, as a list or as a script that makes it',
    }),
    for: many(choice(purposes), { help: 'with --role: what the role is for (default: what the config does)' }),
  },
  exits: ['precondition'],
  needs: ['config', 'openRepository'],

  check: ({ options: { role, fix, for: wanted } }) =>
    role === undefined
      ? wanted.length > 0
        ? '--for goes with --role'
        : undefined
      : fix
        ? '--role and --fix are given: choose one'
        : undefined,

  async run({ options, config: loaded, openRepository, out, say, ...context }) {
    const { config, vcenter: chosen } = loaded
    if (options.role !== undefined) {
      const { describeRole, roleOf } = await import('../doctor/role.ts')
      const role = roleOf(loaded, options.for)
      await out.answer(role, () => describeRole(role, options.role!))
      return 'ok'
    }
    const { checkMachine, machineFacts } = await import('../doctor/check-machine.ts')
    const { checkVddk } = await import('../doctor/check-vddk.ts')
    const { checkGuestLogins } = await import('../doctor/check-guest-logins.ts')
    const { checkState } = await import('../doctor/check-state.ts')
    const { openConfiguredStorage } = await import('../open-storage.ts')
    const { checkRepository } = await import('../doctor/check-repository.ts')
    const { checkVcenter } = await import('../doctor/check-vcenter.ts')
    const stateFolder = stateFolderOf(config, context.world)
    const vcenters = chosen === undefined ? config.vcenters : [chooseVcenter(config, chosen)]
    const fixing = {
      stateFolder,
      fix: options.fix,
      config,
      purposes: purposesOf(config),
      transport: transportOf(config, undefined),
      onEvent: context.progress.onEvent,
    }

    const found: Finding[] = []
    say.detail('checking the repository')
    const openStorage = () => openConfiguredStorage(loaded, context)
    const { path } = config.repository
    found.push(...(await checkRepository({ path, open: openRepository, openStorage }, context.signal)))
    for (const vcenter of vcenters) {
      say.detail(`checking vCenter ${vcenter.name}`)
      found.push(...(await checkVcenter(vcenter, fixing, { ...context, say })))
    }
    if (vcenters.length === 0) found.push(noVcenter)
    found.push(...(await checkGuestLogins(config, context)))
    // The journals last: --fix may just have settled them.
    const machine = [...checkMachine(config, machineFacts()), ...(await checkVddk(config))]
    const findings = [...machine, ...(await checkState(stateFolder)), ...found]
    await out.answer(findings, (style) => describe(findings, style))
    return findings.some(({ state }) => state === 'fail') ? 'precondition' : 'ok'
  },
})

const noVcenter: Finding = {
  about: 'vcenter',
  check: 'config',
  state: 'warn',
  found: 'no vCenter or ESXi host is configured',
  remedy: 'add one under "vcenters" in the config, or set VMKEEP_VCENTER_HOST; restoring to files works without',
}

function describe(findings: readonly Finding[], style: Style): string {
  const paint = { ok: style.good, warn: style.warning, fail: style.bad }
  const groups = Map.groupBy(findings, ({ about }) => about)
  const lines = [...groups].flatMap(([about, each]) => [
    style.strong(about),
    ...each.flatMap(({ check, state, found, remedy }) => [
      `  ${paint[state](state.padEnd(4))}  ${check}: ${found}`,
      ...(remedy === undefined ? [] : [`        → ${remedy}`]),
    ]),
  ])
  const of = (wanted: Finding['state']) => findings.filter(({ state }) => state === wanted).length
  return [
    ...lines,
    '',
    `${count(findings.length, 'check')}: ${of('ok')} ok, ${of('warn')} to look at, ${of('fail')} failed`,
  ].join('\n')
}
