import type { Lab } from '../start-lab.ts'

/** What to tell whoever has just started a lab: where it is, how to get in, what is there. */
export function describeLab(lab: Lab): string {
  const { host, port, username, password, thumbprintSha256, controlUrl, hosts } = lab
  const vms = lab.state().vms.map((vm) => `  ${vm.name} (${vm.id}, ${vm.power}, ${vm.host}): ${disksOf(vm)}`)
  return [
    `A make-believe ${lab.mode === 'vcenter' ? 'vCenter' : 'ESXi host'} listens on https://${host}:${port}/sdk`,
    `  user      ${username}`,
    `  password  ${password}`,
    `  SHA-256   ${thumbprintSha256}`,
    `Its hosts: ${hosts.map(({ name, nfcPort }) => `${name} (NFC on ${nfcPort})`).join(', ')}`,
    `Its VMs:${vms.length === 0 ? ' none' : ''}`,
    ...vms,
    `Make it misbehave: curl -d 'CreateSnapshot*_Task,times=1,then=fault:ApplicationQuiesceFault' ${controlUrl}/lab/faults`,
    `See what is going on: curl ${controlUrl}/lab/state`,
    '',
  ].join('\n')
}

function disksOf({ disks }: ReturnType<Lab['state']>['vms'][number]): string {
  if (disks.length === 0) return 'no disks'
  return disks
    .map(({ key, capacityBytes }) => `disk ${key} of ${(capacityBytes / 1024 ** 2).toFixed(0)} MiB`)
    .join(', ')
}
