import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Certificate } from '../certificates/certificate.ts'
import type { NfcServer } from '../nfc/model.ts'
import type { ComputeResource } from './compute-resource.ts'
import type { DatastoreObject } from './datastore.ts'
import { DatastoreBrowser } from './datastore-browser.ts'
import { ManagedEntity } from './managed-entity.ts'
import { esxiAbout } from './product.ts'
import type { VirtualMachine } from './virtual-machine.ts'
import type { World } from './world.ts'

export const hostSize = { cores: 16, threads: 32, mhz: 2600, memoryBytes: 256 * 1024 ** 3 } as const

export interface HostOptions {
  readonly name: string
  readonly uuid: string
  readonly certificate: Certificate
  readonly nfc: NfcServer
}

/** An ESXi host: runs VMs, sees datastores, serves their bytes over NFC on a port of its own. */
export class HostSystem extends ManagedEntity {
  readonly nfc: NfcServer
  readonly certificate: Certificate
  readonly uuid: string
  readonly browser: DatastoreBrowser
  readonly #bootTime: string
  connection: 'connected' | 'notResponding' | 'disconnected' = 'connected'
  maintenance = false
  /** Where it serves leases over HTTPS. */
  webPort = 443

  constructor(world: World, value: string, options: HostOptions, parent: ComputeResource) {
    super(world, 'HostSystem', value, options.name, parent)
    this.nfc = options.nfc
    this.certificate = options.certificate
    this.uuid = options.uuid
    this.browser = world.inventory.add(new DatastoreBrowser(`datastoreBrowser-${value}`, () => this.datastores))
    this.#bootTime = new Date(world.clock.nowMs() - 86_400_000).toISOString()
  }

  get datastores(): DatastoreObject[] {
    return this.world.datastores.filter((datastore) => datastore.hosts.includes(this))
  }

  get vms(): VirtualMachine[] {
    return this.world.vms.filter((vm) => vm.host === this)
  }

  get runtime(): DataObject<'HostRuntimeInfo'> {
    return {
      connectionState: this.connection,
      powerState: this.connection === 'connected' ? 'poweredOn' : 'unknown',
      standbyMode: 'none',
      inMaintenanceMode: this.maintenance,
      inQuarantineMode: false,
      bootTime: this.#bootTime,
      hostMaxVirtualDiskCapacity: 68_169_720_922_112,
      cryptoState: 'incapable',
    }
  }

  get summary(): DataObject<'HostListSummary'> {
    return {
      host: this.ref,
      hardware: {
        vendor: 'vmkeep',
        model: 'lab',
        uuid: this.uuid,
        memorySize: hostSize.memoryBytes,
        cpuModel: 'Make-believe CPU @ 2.60GHz',
        cpuMhz: hostSize.mhz,
        numCpuPkgs: 1,
        numCpuCores: hostSize.cores,
        numCpuThreads: hostSize.threads,
        numNics: 2,
        numHBAs: 1,
      },
      runtime: this.runtime,
      config: {
        name: this.name,
        port: 443,
        sslThumbprint: this.certificate.thumbprintSha1,
        product: esxiAbout(),
        vmotionEnabled: true,
        faultToleranceEnabled: false,
      },
      quickStats: { overallCpuUsage: 1200, overallMemoryUsage: 32_768, uptime: 86_400 },
      overallStatus: this.overallStatus,
      rebootRequired: false,
      customValue: this.customValue,
      ...(this.world.mode === 'vcenter' ? { managementServerIp: '127.0.0.1' } : {}),
    }
  }

  get config(): DataObject<'HostConfigInfo'> | undefined {
    if (this.connection !== 'connected') return undefined
    const spec = { ip: { dhcp: false, ipAddress: '127.0.0.1', subnetMask: '255.0.0.0' }, mtu: 1500 }
    const nic = { device: 'vmk0', key: 'key-vim.host.VirtualNic-vmk0', portgroup: 'Management Network', spec }
    const use = (nicType: string) => ({
      nicType,
      multiSelectAllowed: true,
      candidateVnic: [nic],
      selectedVnic: [`${nicType}.${nic.key}`],
    })
    return {
      host: this.ref,
      product: esxiAbout(),
      virtualNicManagerInfo: { netConfig: [use('management'), use('vmotion')] },
    }
  }

  get configManager(): DataObject<'HostConfigManager'> {
    return {}
  }
  get vm(): readonly ManagedObjectReference[] {
    return this.vms.map(({ ref }) => ref)
  }
  get datastore(): readonly ManagedObjectReference[] {
    return this.datastores.map(({ ref }) => ref)
  }
  get network(): readonly ManagedObjectReference[] {
    return this.world.networks.map(({ ref }) => ref)
  }
  get datastoreBrowser(): ManagedObjectReference {
    return this.browser.ref
  }
}
