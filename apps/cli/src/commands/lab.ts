import type { Lab, VmDescription } from '@vmkeep/lab'
import { command } from '../command.ts'
import { createPrivateFile } from '../create-private-file.ts'
import { toYaml } from '../output/machine.ts'
import { choice, file, integer, option, options, text } from '../parameters.ts'

const port = integer({ min: 0, max: 65_535, placeholder: 'PORT' })

export const labCommand = command({
  name: 'lab',
  summary: 'Start a make-believe vCenter or ESXi host to try things with',
  description:
    'It speaks the real protocols, keeps real disk bytes, tracks changes, and misbehaves on demand. It listens on this machine only and runs until Ctrl-C; ' +
    'then everything in it is gone. --port 0 and its like mean any free port.',
  examples: [
    { run: 'vmkeep lab', does: 'a vCenter with two hosts and two VMs' },
    {
      run: 'vmkeep lab --vm web-01=disk.raw --vm db-01=system.raw,10GiB --write-config lab.yaml',
      does: 'with disks of your own, and a config to reach it',
    },
    { run: 'vmkeep lab --mode esxi --port 8443 --vms 100', does: 'one ESXi host with a hundred small VMs' },
    {
      run: "vmkeep lab --fault 'CreateSnapshot*_Task,times=1,then=fault:ApplicationQuiesceFault'",
      does: 'the first snapshot fails',
    },
  ],
  options: {
    mode: option(choice(['vcenter', 'esxi']), {
      fallback: 'vcenter',
      help: 'a vCenter with two hosts, or one ESXi host',
    }),
    vm: options(text('NAME=DISK,...'), {
      help: 'a VM; each disk is a raw image, which is not changed, or a size such as 10GiB',
    }),
    vms: option(integer({ min: 0, max: 100_000 }), { help: 'this many small VMs (default: 2 if no --vm is given)' }),
    fault: options(text('RULE'), {
      help: 'what goes wrong: METHOD[,object=GLOB][,after=N][,times=N][,chance=P],then=ACTION',
    }),
    port: option(port, { fallback: 0, help: 'the HTTPS port' }),
    controlPort: option(port, { fallback: 0, help: 'the port that tells and changes what goes on inside' }),
    nfcPort: options(port, { help: 'the NFC port of a host, in the order of the hosts' }),
    seed: option(text('TEXT'), { help: 'everything random follows from it' }),
    writeConfig: option(file, { help: 'write a config that reaches it to this new file' }),
  },
  exits: ['conflict'],

  async run({ options: flags, out, say, signal }) {
    const { describeLab, parseFaultRule, parseVmArgument, startLab } = await import('@vmkeep/lab')
    const described = flags.vm.map(parseVmArgument)
    const small = smallVms(flags.vms ?? (described.length === 0 ? 2 : 0))
    await using configFile = flags.writeConfig === undefined ? undefined : await createPrivateFile(flags.writeConfig)
    await using lab = await startLab({
      mode: flags.mode,
      vms: [...described, ...small],
      faults: flags.fault.map(parseFaultRule),
      port: flags.port,
      controlPort: flags.controlPort,
      nfcPorts: flags.nfcPort,
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    })
    const config = { vcenters: [vcenterOf(lab)] }
    const yaml = await toYaml(config)
    await configFile?.writeFile(`${yaml}\n`)
    const { hosts, controlUrl } = lab
    const vms = lab.state().vms.map(({ name }) => name)
    await out.answer(
      { mode: lab.mode, ...config.vcenters[0], thumbprintSha1: lab.thumbprintSha1, controlUrl, hosts, vms, config },
      () => [describeLab(lab).trimEnd(), '', connectText(flags.writeConfig, yaml)].join('\n'),
    )
    say.info('Ctrl-C ends it.')
    await new Promise((resolve) => {
      if (signal.aborted) resolve(undefined)
      signal.addEventListener('abort', resolve, { once: true })
    })
    return 'ok'
  },
})

/** The password in clear: everybody knows it, and there is nothing in a lab to steal. */
function vcenterOf({ host, port: number, username, password, thumbprintSha256 }: Lab) {
  return { name: 'lab', host, port: number, username, password, thumbprint: thumbprintSha256 }
}

function connectText(path: string | undefined, yaml: string): string {
  if (path !== undefined) return `Its config is in ${path}: vmkeep vm list --config ${path}`
  return `A config that reaches it (chmod 600):\n\n${yaml}`
}

function smallVms(count: number): VmDescription[] {
  const name = (i: number) => `vm-${String(i + 1).padStart(2, '0')}`
  return Array.from({ length: count }, (_, i) => ({
    name: name(i),
    disks: [{ capacityBytes: 64 * 2 ** 20 }],
    cbt: i % 2 === 0,
  }))
}
