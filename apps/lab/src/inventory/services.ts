// The managers: one of each per server, found through ServiceInstance.content.
import type { AnyOf, DataObject, ManagedObjectName, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { eventDescription } from '../events/event-descriptions.ts'
import { allPrivileges } from '../soap/privileges.ts'
import type { Session } from '../soap/session.ts'
import { userSession } from '../soap/user-session.ts'
import { LabObject } from './lab-object.ts'
import { esxiAbout, vcenterAbout } from './product.ts'
import type { World } from './world.ts'

/** A manager without properties of its own. */
export class PlainService extends LabObject {
  constructor(type: ManagedObjectName, value: string) {
    super(type, value)
  }
}

export class ServiceInstance extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('ServiceInstance', 'ServiceInstance')
    this.#world = world
  }

  get serverClock(): string {
    return this.#world.clock.timestamp()
  }

  get content(): DataObject<'ServiceContent'> {
    const { services } = this.#world.morefs
    const ref = (type: ManagedObjectName, value: string): ManagedObjectReference => ({ type, value })
    return {
      rootFolder: ref('Folder', services.rootFolder),
      propertyCollector: ref('PropertyCollector', services.propertyCollector),
      viewManager: ref('ViewManager', services.viewManager),
      about: this.#world.mode === 'vcenter' ? vcenterAbout(this.#world.instanceUuid) : esxiAbout(),
      setting: ref('OptionManager', services.setting),
      sessionManager: ref('SessionManager', services.sessionManager),
      authorizationManager: ref('AuthorizationManager', services.authorizationManager),
      perfManager: ref('PerformanceManager', services.perfManager),
      eventManager: ref('EventManager', services.eventManager),
      taskManager: ref('TaskManager', services.taskManager),
      customFieldsManager:
        services.customFieldsManager === undefined
          ? undefined
          : ref('CustomFieldsManager', services.customFieldsManager),
      licenseManager: ref('LicenseManager', services.licenseManager),
      searchIndex: ref('SearchIndex', services.searchIndex),
      fileManager: ref('FileManager', services.fileManager),
      virtualDiskManager: ref('VirtualDiskManager', services.virtualDiskManager),
      ovfManager: ref('OvfManager', services.ovfManager),
      guestOperationsManager: ref('GuestOperationsManager', services.guestOperationsManager),
    }
  }
}

export class GuestOperationsManager extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('GuestOperationsManager', world.morefs.services.guestOperationsManager)
    this.#world = world
  }

  get authManager(): ManagedObjectReference {
    return { type: 'GuestAuthManager', value: this.#world.morefs.services.guestAuthManager }
  }
  get processManager(): ManagedObjectReference {
    return { type: 'GuestProcessManager', value: this.#world.morefs.services.guestProcessManager }
  }
  get fileManager(): ManagedObjectReference {
    return { type: 'GuestFileManager', value: this.#world.morefs.services.guestFileManager }
  }
}

export class SessionManager extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('SessionManager', world.morefs.services.sessionManager)
    this.#world = world
  }

  get sessionList(): readonly DataObject<'UserSession'>[] {
    return this.#world.sessions.open.map(userSession)
  }
  get message(): string {
    return ''
  }
  get messageLocaleList(): readonly string[] {
    return ['en']
  }
  get supportedLocaleList(): readonly string[] {
    return ['en']
  }
  get defaultLocale(): string {
    return 'en'
  }

  override read(property: string, reader: Session | undefined): unknown {
    if (property !== 'currentSession') return super.read(property, reader)
    return reader === undefined ? undefined : userSession(reader)
  }
}

export class AuthorizationManager extends LabObject {
  constructor(world: World) {
    super('AuthorizationManager', world.morefs.services.authorizationManager)
  }

  get privilegeList(): readonly DataObject<'AuthorizationPrivilege'>[] {
    return allPrivileges.map((privId) => {
      const parts = privId.split('.')
      return { privId, onParent: false, name: parts.at(-1)!, privGroupName: parts.slice(0, -1).join('.') }
    })
  }
  get roleList(): readonly DataObject<'AuthorizationRole'>[] {
    const role = (roleId: number, name: string, label: string, privilege: readonly string[]) => ({
      roleId,
      system: true,
      name,
      info: { $type: 'Description', label, summary: label } as const,
      privilege,
    })
    const readOnly = ['System.Anonymous', 'System.Read', 'System.View']
    return [
      role(-5, 'NoAccess', 'No access', []),
      role(-2, 'ReadOnly', 'Read-only', readOnly),
      role(-1, 'Admin', 'Administrator', allPrivileges),
    ]
  }
  get description(): DataObject<'AuthorizationDescription'> {
    const groups = [...new Set(allPrivileges.map((id) => id.slice(0, id.lastIndexOf('.'))))]
    return { privilege: allPrivileges.map(describedKey), privilegeGroup: groups.map(describedKey) }
  }
}

const describedKey = (key: string): AnyOf<'ElementDescription'> => ({
  $type: 'ElementDescription',
  label: key,
  summary: key,
  key,
})

export class TaskManager extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('TaskManager', world.morefs.services.taskManager)
    this.#world = world
  }

  get recentTask(): readonly ManagedObjectReference[] {
    return this.#world.tasks.recent().map(({ ref }) => ref)
  }
  get description(): DataObject<'TaskDescription'> {
    const reasons = ['TaskReasonUser', 'TaskReasonSystem', 'TaskReasonAlarm', 'TaskReasonSchedule']
    return {
      methodInfo: taskDescriptions,
      state: ['queued', 'running', 'success', 'error'].map(describedKey),
      reason: reasons.map((key) => ({ $type: 'TypeDescription', label: key, summary: key, key })),
    }
  }
  get maxCollector(): number {
    return 32
  }
}

const taskDescriptions = [
  ['VirtualMachine.createSnapshot', 'Create virtual machine snapshot'],
  ['vim.vm.Snapshot.remove', 'Remove snapshot'],
  ['VirtualMachine.removeAllSnapshots', 'Remove all snapshots'],
  ['VirtualMachine.consolidateDisks', 'Consolidate virtual machine disk files'],
  ['VirtualMachine.reconfigure', 'Reconfigure virtual machine'],
  ['VirtualMachine.powerOn', 'Power On virtual machine'],
  ['VirtualMachine.powerOff', 'Power Off virtual machine'],
  ['VirtualMachine.relocate', 'Relocate virtual machine'],
].map(([key = '', label = '']): AnyOf<'ElementDescription'> => ({
  $type: 'ElementDescription',
  label,
  summary: label,
  key,
}))

export class EventManager extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('EventManager', world.morefs.services.eventManager)
    this.#world = world
  }

  get description(): DataObject<'EventDescription'> {
    return eventDescription
  }
  get latestEvent(): AnyOf<'Event'> | undefined {
    return this.#world.events.record.last?.event
  }
  get maxCollector(): number {
    return 1000
  }
}

export class LicenseManager extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('LicenseManager', world.morefs.services.licenseManager)
    this.#world = world
  }

  get sourceAvailable(): boolean {
    return true
  }
  get licensedEdition(): string {
    return this.licenses[0]!.editionKey
  }
  get licenses(): readonly DataObject<'LicenseManagerLicenseInfo'>[] {
    const isVcenter = this.#world.mode === 'vcenter'
    const name = isVcenter ? 'vCenter Server 8 Standard' : 'vSphere 8 Enterprise Plus'
    const editionKey = isVcenter ? 'vc.standard.instance' : 'esx.enterprisePlus.cpuPackage'
    const license = { licenseKey: '00000-00000-00000-00000-00000', editionKey, name, total: 0, used: 1 }
    return [{ ...license, costUnit: isVcenter ? 'server' : 'cpuPackage', properties: [], labels: [] }]
  }
  get licenseAssignmentManager(): ManagedObjectReference {
    return { type: 'LicenseAssignmentManager', value: this.#world.morefs.services.licenseAssignmentManager }
  }
  get evaluation(): DataObject<'LicenseManagerEvaluationInfo'> {
    return { properties: [] }
  }
}

export class OptionManager extends LabObject {
  constructor(world: World) {
    super('OptionManager', world.morefs.services.setting)
  }

  get setting(): readonly AnyOf<'OptionValue'>[] {
    const option = (key: string, value: unknown) => ({ $type: 'OptionValue', key, value }) as const
    return [option('VirtualCenter.InstanceName', 'vmkeep lab'), option('instance.id', 1)]
  }
}
