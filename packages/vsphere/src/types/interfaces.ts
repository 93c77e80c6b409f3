// Made from the tables beside it by interfaces-of.ts. Do not edit: run `npx vitest run interfaces-of -u`.
import type { AnyOf, Enumeration, ManagedObjectReference, Opaque } from './data-object.ts'

export interface DynamicData {}

export interface LocalizableMessage extends DynamicData {
  readonly key: string
  readonly arg?: readonly KeyAnyValue[] | undefined
  readonly message?: string | undefined
}

export interface KeyAnyValue extends DynamicData {
  readonly key: string
  readonly value: unknown
}

export interface KeyValue extends DynamicData {
  readonly key: string
  readonly value: string
}

export interface Description extends DynamicData {
  readonly label: string
  readonly summary: string
}

export interface ElementDescription extends Description {
  readonly key: string
}

export interface ExtendedElementDescription extends ElementDescription {
  readonly messageCatalogKeyPrefix: string
  readonly messageArg?: readonly KeyAnyValue[] | undefined
}

export interface TypeDescription extends Description {
  readonly key: string
}

export interface OptionValue extends DynamicData {
  readonly key: string
  readonly value: unknown
}

export interface OptionDef extends ElementDescription {
  readonly optionType: AnyOf<'OptionType'>
}

export interface OptionType extends DynamicData {
  readonly valueIsReadonly?: boolean | undefined
}

export interface BoolOption extends OptionType {
  readonly supported: boolean
  readonly defaultValue: boolean
}

export interface ChoiceOption extends OptionType {
  readonly choiceInfo: readonly AnyOf<'ElementDescription'>[]
  readonly defaultIndex?: number | undefined
}

export interface FloatOption extends OptionType {
  readonly min: number
  readonly max: number
  readonly defaultValue: number
}

export interface IntOption extends OptionType {
  readonly min: number
  readonly max: number
  readonly defaultValue: number
}

export interface LongOption extends OptionType {
  readonly min: number | bigint
  readonly max: number | bigint
  readonly defaultValue: number | bigint
}

export interface StringOption extends OptionType {
  readonly defaultValue: string
  readonly validCharacters?: string | undefined
}

export interface SharesInfo extends DynamicData {
  readonly shares: number
  readonly level: Enumeration<'SharesLevel'>
}

export interface ResourceAllocationInfo extends DynamicData {
  readonly reservation?: number | bigint | undefined
  readonly expandableReservation?: boolean | undefined
  readonly limit?: number | bigint | undefined
  readonly shares?: SharesInfo | undefined
  readonly overheadLimit?: number | bigint | undefined
}

export interface ResourceConfigSpec extends DynamicData {
  readonly entity?: ManagedObjectReference | undefined
  readonly changeVersion?: string | undefined
  readonly lastModified?: string | undefined
  readonly cpuAllocation: ResourceAllocationInfo
  readonly memoryAllocation: ResourceAllocationInfo
  readonly scaleDescendantsShares?: string | undefined
}

export interface LatencySensitivity extends DynamicData {
  readonly level: Enumeration<'LatencySensitivitySensitivityLevel'>
  readonly sensitivity?: number | undefined
}

export interface AboutInfo extends DynamicData {
  readonly name: string
  readonly fullName: string
  readonly vendor: string
  readonly version: string
  readonly patchLevel?: string | undefined
  readonly build: string
  readonly localeVersion?: string | undefined
  readonly localeBuild?: string | undefined
  readonly osType: string
  readonly productLineId: string
  readonly apiType: string
  readonly apiVersion: string
  readonly instanceUuid?: string | undefined
  readonly licenseProductName?: string | undefined
  readonly licenseProductVersion?: string | undefined
}

export interface CustomFieldValue extends DynamicData {
  readonly key: number
}

export interface CustomFieldStringValue extends CustomFieldValue {
  readonly value: string
}

export interface CustomFieldDef extends DynamicData {
  readonly key: number
  readonly name: string
  readonly type: string
  readonly managedObjectType?: string | undefined
  readonly fieldDefPrivileges?: PrivilegePolicyDef | undefined
  readonly fieldInstancePrivileges?: PrivilegePolicyDef | undefined
}

export interface PrivilegePolicyDef extends DynamicData {
  readonly createPrivilege: string
  readonly readPrivilege: string
  readonly updatePrivilege: string
  readonly deletePrivilege: string
}

export interface ManagedByInfo extends DynamicData {
  readonly extensionKey: string
  readonly type: string
}

export interface CryptoKeyId extends DynamicData {
  readonly keyId: string
  readonly providerId?: KeyProviderId | undefined
}

export interface KeyProviderId extends DynamicData {
  readonly id: string
}

export interface NumericRange extends DynamicData {
  readonly start: number
  readonly end: number
}

export interface DynamicProperty extends DynamicData {
  readonly name: string
  readonly val?: unknown
}

export interface Tag extends DynamicData {
  readonly key: string
}

export interface ArrayUpdateSpec extends DynamicData {
  readonly operation: Enumeration<'ArrayUpdateOperation'>
  readonly removeKey?: unknown
}

export interface HostCpuIdInfo extends DynamicData {
  readonly level: number
  readonly vendor?: string | undefined
  readonly eax?: string | undefined
  readonly ebx?: string | undefined
  readonly ecx?: string | undefined
  readonly edx?: string | undefined
}

export interface ServiceContent extends DynamicData {
  readonly rootFolder: ManagedObjectReference
  readonly propertyCollector: ManagedObjectReference
  readonly viewManager?: ManagedObjectReference | undefined
  readonly about: AboutInfo
  readonly setting?: ManagedObjectReference | undefined
  readonly userDirectory?: ManagedObjectReference | undefined
  readonly sessionManager?: ManagedObjectReference | undefined
  readonly authorizationManager?: ManagedObjectReference | undefined
  readonly serviceManager?: ManagedObjectReference | undefined
  readonly perfManager?: ManagedObjectReference | undefined
  readonly scheduledTaskManager?: ManagedObjectReference | undefined
  readonly alarmManager?: ManagedObjectReference | undefined
  readonly eventManager?: ManagedObjectReference | undefined
  readonly taskManager?: ManagedObjectReference | undefined
  readonly extensionManager?: ManagedObjectReference | undefined
  readonly customizationSpecManager?: ManagedObjectReference | undefined
  readonly guestCustomizationManager?: ManagedObjectReference | undefined
  readonly customFieldsManager?: ManagedObjectReference | undefined
  readonly accountManager?: ManagedObjectReference | undefined
  readonly diagnosticManager?: ManagedObjectReference | undefined
  readonly licenseManager?: ManagedObjectReference | undefined
  readonly searchIndex?: ManagedObjectReference | undefined
  readonly fileManager?: ManagedObjectReference | undefined
  readonly datastoreNamespaceManager?: ManagedObjectReference | undefined
  readonly virtualDiskManager?: ManagedObjectReference | undefined
  readonly virtualizationManager?: ManagedObjectReference | undefined
  readonly snmpSystem?: ManagedObjectReference | undefined
  readonly vmProvisioningChecker?: ManagedObjectReference | undefined
  readonly vmCompatibilityChecker?: ManagedObjectReference | undefined
  readonly ovfManager?: ManagedObjectReference | undefined
  readonly ipPoolManager?: ManagedObjectReference | undefined
  readonly dvSwitchManager?: ManagedObjectReference | undefined
  readonly hostProfileManager?: ManagedObjectReference | undefined
  readonly clusterProfileManager?: ManagedObjectReference | undefined
  readonly complianceManager?: ManagedObjectReference | undefined
  readonly localizationManager?: ManagedObjectReference | undefined
  readonly storageResourceManager?: ManagedObjectReference | undefined
  readonly guestOperationsManager?: ManagedObjectReference | undefined
  readonly overheadMemoryManager?: ManagedObjectReference | undefined
  readonly certificateManager?: ManagedObjectReference | undefined
  readonly ioFilterManager?: ManagedObjectReference | undefined
  readonly vStorageObjectManager?: ManagedObjectReference | undefined
  readonly hostSpecManager?: ManagedObjectReference | undefined
  readonly cryptoManager?: ManagedObjectReference | undefined
  readonly healthUpdateManager?: ManagedObjectReference | undefined
  readonly failoverClusterConfigurator?: ManagedObjectReference | undefined
  readonly failoverClusterManager?: ManagedObjectReference | undefined
  readonly tenantManager?: ManagedObjectReference | undefined
  readonly siteInfoManager?: ManagedObjectReference | undefined
  readonly storageQueryManager?: ManagedObjectReference | undefined
}

export interface UserSession extends DynamicData {
  readonly key: string
  readonly userName: string
  readonly fullName: string
  readonly loginTime: string
  readonly lastActiveTime: string
  readonly locale: string
  readonly messageLocale: string
  readonly extensionSession?: boolean | undefined
  readonly ipAddress?: string | undefined
  readonly userAgent?: string | undefined
  readonly callCount?: number | bigint | undefined
}

export interface SessionManagerLocalTicket extends DynamicData {
  readonly userName: string
  readonly passwordFilePath: string
}

export interface SessionManagerServiceRequestSpec extends DynamicData {}

export interface SessionManagerHttpServiceRequestSpec extends SessionManagerServiceRequestSpec {
  readonly method?: string | undefined
  readonly url: string
}

export interface SessionManagerVmomiServiceRequestSpec extends SessionManagerServiceRequestSpec {
  readonly method: string
}

export interface SessionManagerGenericServiceTicket extends DynamicData {
  readonly id: string
  readonly hostName?: string | undefined
  readonly sslThumbprint?: string | undefined
  readonly certThumbprintList?: readonly VirtualMachineCertThumbprint[] | undefined
  readonly ticketType?: string | undefined
}

export interface VirtualMachineCertThumbprint extends DynamicData {
  readonly thumbprint: string
  readonly hashAlgorithm?: string | undefined
}

export interface HostServiceTicket extends DynamicData {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly sslThumbprint?: string | undefined
  readonly service: string
  readonly serviceVersion: string
  readonly sessionId: string
}

export interface AuthorizationDescription extends DynamicData {
  readonly privilege: readonly AnyOf<'ElementDescription'>[]
  readonly privilegeGroup: readonly AnyOf<'ElementDescription'>[]
}

export interface AuthorizationPrivilege extends DynamicData {
  readonly privId: string
  readonly onParent: boolean
  readonly name: string
  readonly privGroupName: string
}

export interface AuthorizationRole extends DynamicData {
  readonly roleId: number
  readonly system: boolean
  readonly name: string
  readonly info: AnyOf<'Description'>
  readonly privilege?: readonly string[] | undefined
}

export interface Permission extends DynamicData {
  readonly entity?: ManagedObjectReference | undefined
  readonly principal: string
  readonly group: boolean
  readonly roleId: number
  readonly propagate: boolean
}

export interface EntityPrivilege extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly privAvailability: readonly PrivilegeAvailability[]
}

export interface PrivilegeAvailability extends DynamicData {
  readonly privId: string
  readonly isGranted: boolean
}

export interface UserPrivilegeResult extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly privileges?: readonly string[] | undefined
}

export interface LicenseManagerLicenseInfo extends DynamicData {
  readonly licenseKey: string
  readonly editionKey: string
  readonly name: string
  readonly total: number
  readonly used?: number | undefined
  readonly costUnit: string
  readonly properties?: readonly KeyAnyValue[] | undefined
  readonly labels?: readonly KeyValue[] | undefined
}

export interface LicenseManagerEvaluationInfo extends DynamicData {
  readonly properties: readonly KeyAnyValue[]
}

export interface LicenseAssignmentManagerLicenseAssignment extends DynamicData {
  readonly entityId: string
  readonly scope?: string | undefined
  readonly entityDisplayName?: string | undefined
  readonly assignedLicense: LicenseManagerLicenseInfo
  readonly properties?: readonly KeyAnyValue[] | undefined
}

export interface PropertySpec extends DynamicData {
  readonly type: string
  readonly all?: boolean | undefined
  readonly pathSet?: readonly string[] | undefined
}

export interface SelectionSpec extends DynamicData {
  readonly name?: string | undefined
}

export interface TraversalSpec extends SelectionSpec {
  readonly type: string
  readonly path: string
  readonly skip?: boolean | undefined
  readonly selectSet?: readonly AnyOf<'SelectionSpec'>[] | undefined
}

export interface ObjectSpec extends DynamicData {
  readonly obj: ManagedObjectReference
  readonly skip?: boolean | undefined
  readonly selectSet?: readonly AnyOf<'SelectionSpec'>[] | undefined
}

export interface PropertyFilterSpec extends DynamicData {
  readonly propSet: readonly PropertySpec[]
  readonly objectSet: readonly ObjectSpec[]
  readonly reportMissingObjectsInResults?: boolean | undefined
}

export interface RetrieveOptions extends DynamicData {
  readonly maxObjects?: number | undefined
}

export interface RetrieveResult extends DynamicData {
  readonly token?: string | undefined
  readonly objects: readonly ObjectContent[]
}

export interface ObjectContent extends DynamicData {
  readonly obj: ManagedObjectReference
  readonly propSet?: readonly DynamicProperty[] | undefined
  readonly missingSet?: readonly MissingProperty[] | undefined
}

export interface MissingProperty extends DynamicData {
  readonly path: string
  readonly fault: LocalizedMethodFault
}

export interface WaitOptions extends DynamicData {
  readonly maxWaitSeconds?: number | undefined
  readonly maxObjectUpdates?: number | undefined
}

export interface UpdateSet extends DynamicData {
  readonly version: string
  readonly filterSet?: readonly PropertyFilterUpdate[] | undefined
  readonly truncated?: boolean | undefined
}

export interface PropertyFilterUpdate extends DynamicData {
  readonly filter: ManagedObjectReference
  readonly objectSet?: readonly ObjectUpdate[] | undefined
  readonly missingSet?: readonly MissingObject[] | undefined
}

export interface ObjectUpdate extends DynamicData {
  readonly kind: Enumeration<'ObjectUpdateKind'>
  readonly obj: ManagedObjectReference
  readonly changeSet?: readonly PropertyChange[] | undefined
  readonly missingSet?: readonly MissingProperty[] | undefined
}

export interface PropertyChange extends DynamicData {
  readonly name: string
  readonly op: Enumeration<'PropertyChangeOp'>
  readonly val?: unknown
}

export interface MissingObject extends DynamicData {
  readonly obj: ManagedObjectReference
  readonly fault: LocalizedMethodFault
}

export interface TaskInfo extends DynamicData {
  readonly key: string
  readonly task: ManagedObjectReference
  readonly description?: LocalizableMessage | undefined
  readonly name?: string | undefined
  readonly descriptionId: string
  readonly entity?: ManagedObjectReference | undefined
  readonly entityName?: string | undefined
  readonly locked?: readonly ManagedObjectReference[] | undefined
  readonly state: Enumeration<'TaskInfoState'>
  readonly cancelled: boolean
  readonly cancelable: boolean
  readonly error?: LocalizedMethodFault | undefined
  readonly result?: unknown
  readonly progress?: number | undefined
  readonly progressDetails?: readonly KeyAnyValue[] | undefined
  readonly reason: AnyOf<'TaskReason'>
  readonly queueTime: string
  readonly startTime?: string | undefined
  readonly completeTime?: string | undefined
  readonly eventChainId: number
  readonly changeTag?: string | undefined
  readonly parentTaskKey?: string | undefined
  readonly rootTaskKey?: string | undefined
  readonly activationId?: string | undefined
}

export interface TaskReason extends DynamicData {}

export interface TaskReasonAlarm extends TaskReason {
  readonly alarmName: string
  readonly alarm: ManagedObjectReference
  readonly entityName: string
  readonly entity: ManagedObjectReference
}

export interface TaskReasonSchedule extends TaskReason {
  readonly name: string
  readonly scheduledTask: ManagedObjectReference
}

export interface TaskReasonSystem extends TaskReason {}

export interface TaskReasonUser extends TaskReason {
  readonly userName: string
}

export interface TaskDescription extends DynamicData {
  readonly methodInfo: readonly AnyOf<'ElementDescription'>[]
  readonly state: readonly AnyOf<'ElementDescription'>[]
  readonly reason: readonly AnyOf<'TypeDescription'>[]
}

export interface TaskFilterSpec extends DynamicData {
  readonly entity?: TaskFilterSpecByEntity | undefined
  readonly time?: TaskFilterSpecByTime | undefined
  readonly userName?: TaskFilterSpecByUsername | undefined
  readonly activationId?: readonly string[] | undefined
  readonly state?: readonly Enumeration<'TaskInfoState'>[] | undefined
  readonly alarm?: ManagedObjectReference | undefined
  readonly scheduledTask?: ManagedObjectReference | undefined
  readonly eventChainId?: readonly number[] | undefined
  readonly tag?: readonly string[] | undefined
  readonly parentTaskKey?: readonly string[] | undefined
  readonly rootTaskKey?: readonly string[] | undefined
}

export interface TaskFilterSpecByEntity extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly recursion: Enumeration<'TaskFilterSpecRecursionOption'>
}

export interface TaskFilterSpecByTime extends DynamicData {
  readonly timeType: Enumeration<'TaskFilterSpecTimeOption'>
  readonly beginTime?: string | undefined
  readonly endTime?: string | undefined
}

export interface TaskFilterSpecByUsername extends DynamicData {
  readonly systemUser: boolean
  readonly userList?: readonly string[] | undefined
}

export interface Event extends DynamicData {
  readonly key: number
  readonly chainId: number
  readonly createdTime: string
  readonly userName: string
  readonly datacenter?: DatacenterEventArgument | undefined
  readonly computeResource?: ComputeResourceEventArgument | undefined
  readonly host?: HostEventArgument | undefined
  readonly vm?: VmEventArgument | undefined
  readonly ds?: DatastoreEventArgument | undefined
  readonly net?: NetworkEventArgument | undefined
  readonly dvs?: DvsEventArgument | undefined
  readonly fullFormattedMessage?: string | undefined
  readonly changeTag?: string | undefined
}

export interface EventArgument extends DynamicData {}

export interface EntityEventArgument extends EventArgument {
  readonly name: string
}

export interface ManagedEntityEventArgument extends EntityEventArgument {
  readonly entity: ManagedObjectReference
}

export interface FolderEventArgument extends EntityEventArgument {
  readonly folder: ManagedObjectReference
}

export interface DatacenterEventArgument extends EntityEventArgument {
  readonly datacenter: ManagedObjectReference
}

export interface ComputeResourceEventArgument extends EntityEventArgument {
  readonly computeResource: ManagedObjectReference
}

export interface ResourcePoolEventArgument extends EntityEventArgument {
  readonly resourcePool: ManagedObjectReference
}

export interface HostEventArgument extends EntityEventArgument {
  readonly host: ManagedObjectReference
}

export interface VmEventArgument extends EntityEventArgument {
  readonly vm: ManagedObjectReference
}

export interface DatastoreEventArgument extends EntityEventArgument {
  readonly datastore: ManagedObjectReference
}

export interface NetworkEventArgument extends EntityEventArgument {
  readonly network: ManagedObjectReference
}

export interface DvsEventArgument extends EntityEventArgument {
  readonly dvs: ManagedObjectReference
}

export interface EventEx extends Event {
  readonly eventTypeId: string
  readonly severity?: string | undefined
  readonly message?: string | undefined
  readonly arguments?: readonly KeyAnyValue[] | undefined
  readonly objectId?: string | undefined
  readonly objectType?: string | undefined
  readonly objectName?: string | undefined
  readonly fault?: LocalizedMethodFault | undefined
}

export interface ExtendedEvent extends GeneralEvent {
  readonly eventTypeId: string
  readonly managedObject: ManagedObjectReference
  readonly data?: readonly ExtendedEventPair[] | undefined
}

export interface ExtendedEventPair extends DynamicData {
  readonly key: string
  readonly value: string
}

export interface GeneralEvent extends Event {
  readonly message: string
}

export interface GeneralUserEvent extends GeneralEvent {
  readonly entity?: ManagedEntityEventArgument | undefined
}

export interface TaskEvent extends Event {
  readonly info: TaskInfo
}

export interface SessionEvent extends Event {}

export interface UserLoginSessionEvent extends SessionEvent {
  readonly ipAddress: string
  readonly userAgent?: string | undefined
  readonly locale: string
  readonly sessionId: string
}

export interface UserLogoutSessionEvent extends SessionEvent {
  readonly ipAddress?: string | undefined
  readonly userAgent?: string | undefined
  readonly callCount?: number | bigint | undefined
  readonly sessionId?: string | undefined
  readonly loginTime?: string | undefined
}

export interface BadUsernameSessionEvent extends SessionEvent {
  readonly ipAddress: string
}

export interface SessionTerminatedEvent extends SessionEvent {
  readonly sessionId: string
  readonly terminatedUsername: string
}

export interface NoAccessUserEvent extends SessionEvent {
  readonly ipAddress: string
}

export interface VmEvent extends Event {
  readonly template: boolean
}

export interface VmCreatedEvent extends VmEvent {}

export interface VmBeingCreatedEvent extends VmEvent {
  readonly configSpec?: VirtualMachineConfigSpec | undefined
}

export interface VmRegisteredEvent extends VmEvent {}

export interface VmRemovedEvent extends VmEvent {}

export interface VmReconfiguredEvent extends VmEvent {
  readonly configSpec: VirtualMachineConfigSpec
  readonly configChanges?: ChangesInfoEventArgument | undefined
}

export interface ChangesInfoEventArgument extends DynamicData {
  readonly modified?: string | undefined
  readonly added?: string | undefined
  readonly deleted?: string | undefined
}

export interface VmRenamedEvent extends VmEvent {
  readonly oldName: string
  readonly newName: string
}

export interface VmStartingEvent extends VmEvent {}

export interface VmPoweredOnEvent extends VmEvent {}

export interface VmStoppingEvent extends VmEvent {}

export interface VmPoweredOffEvent extends VmEvent {}

export interface VmSuspendingEvent extends VmEvent {}

export interface VmSuspendedEvent extends VmEvent {}

export interface VmResettingEvent extends VmEvent {}

export interface VmGuestShutdownEvent extends VmEvent {}

export interface VmBeingClonedEvent extends VmCloneEvent {
  readonly destFolder: FolderEventArgument
  readonly destName: string
  readonly destHost: HostEventArgument
}

export interface VmCloneEvent extends VmEvent {}

export interface VmClonedEvent extends VmCloneEvent {
  readonly sourceVm: VmEventArgument
}

export interface VmBeingMigratedEvent extends VmEvent {
  readonly destHost: HostEventArgument
  readonly destDatacenter?: DatacenterEventArgument | undefined
  readonly destDatastore?: DatastoreEventArgument | undefined
}

export interface VmMigratedEvent extends VmEvent {
  readonly sourceHost: HostEventArgument
  readonly sourceDatacenter?: DatacenterEventArgument | undefined
  readonly sourceDatastore?: DatastoreEventArgument | undefined
}

export interface VmRelocatedEvent extends VmRelocateSpecEvent {
  readonly sourceHost: HostEventArgument
  readonly sourceDatacenter?: DatacenterEventArgument | undefined
  readonly sourceDatastore?: DatastoreEventArgument | undefined
}

export interface VmRelocateSpecEvent extends VmEvent {}

export interface VmConnectedEvent extends VmEvent {}

export interface VmDisconnectedEvent extends VmEvent {}

export interface VmUuidAssignedEvent extends VmEvent {
  readonly uuid: string
}

export interface VmInstanceUuidAssignedEvent extends VmEvent {
  readonly instanceUuid: string
}

export interface VmMacAssignedEvent extends VmEvent {
  readonly adapter: string
  readonly mac: string
}

export interface VmFailedToPowerOnEvent extends VmEvent {
  readonly reason: LocalizedMethodFault
}

export interface VmResourceReallocatedEvent extends VmEvent {
  readonly configChanges?: ChangesInfoEventArgument | undefined
}

export interface HostEvent extends Event {}

export interface HostConnectedEvent extends HostEvent {}

export interface HostDisconnectedEvent extends HostEvent {
  readonly reason?: string | undefined
}

export interface HostConnectionLostEvent extends HostEvent {}

export interface EnteredMaintenanceModeEvent extends HostEvent {}

export interface ExitMaintenanceModeEvent extends HostEvent {}

export interface DatastoreEvent extends Event {
  readonly datastore?: DatastoreEventArgument | undefined
}

export interface DatastoreCapacityIncreasedEvent extends DatastoreEvent {
  readonly oldCapacity: number | bigint
  readonly newCapacity: number | bigint
}

export interface DatastoreRenamedEvent extends DatastoreEvent {
  readonly oldName: string
  readonly newName: string
}

export interface DatacenterEvent extends Event {}

export interface DatacenterCreatedEvent extends DatacenterEvent {
  readonly parent: FolderEventArgument
}

export interface EventFilterSpec extends DynamicData {
  readonly entity?: EventFilterSpecByEntity | undefined
  readonly time?: EventFilterSpecByTime | undefined
  readonly userName?: EventFilterSpecByUsername | undefined
  readonly eventChainId?: number | undefined
  readonly alarm?: ManagedObjectReference | undefined
  readonly scheduledTask?: ManagedObjectReference | undefined
  readonly disableFullMessage?: boolean | undefined
  readonly category?: readonly string[] | undefined
  readonly type?: readonly string[] | undefined
  readonly tag?: readonly string[] | undefined
  readonly eventTypeId?: readonly string[] | undefined
  readonly maxCount?: number | undefined
  readonly delayedInit?: boolean | undefined
}

export interface EventFilterSpecByEntity extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly recursion: Enumeration<'EventFilterSpecRecursionOption'>
}

export interface EventFilterSpecByTime extends DynamicData {
  readonly beginTime?: string | undefined
  readonly endTime?: string | undefined
}

export interface EventFilterSpecByUsername extends DynamicData {
  readonly systemUser: boolean
  readonly userList?: readonly string[] | undefined
}

export interface EventDescription extends DynamicData {
  readonly category: readonly AnyOf<'ElementDescription'>[]
  readonly eventInfo: readonly EventDescriptionEventDetail[]
  readonly enumeratedTypes?: readonly EnumDescription[] | undefined
}

export interface EnumDescription extends DynamicData {
  readonly key: string
  readonly tags: readonly AnyOf<'ElementDescription'>[]
}

export interface EventDescriptionEventDetail extends DynamicData {
  readonly key: string
  readonly description?: string | undefined
  readonly category: string
  readonly formatOnDatacenter: string
  readonly formatOnComputeResource: string
  readonly formatOnHost: string
  readonly formatOnVm: string
  readonly fullFormat: string
  readonly longDescription?: string | undefined
}

export interface EventArgDesc extends DynamicData {
  readonly name: string
  readonly type: string
  readonly description?: AnyOf<'ElementDescription'> | undefined
}

export interface MethodFault extends DynamicData {
  readonly faultCause?: LocalizedMethodFault | undefined
  readonly faultMessage?: readonly LocalizableMessage[] | undefined
}

export interface LocalizedMethodFault extends DynamicData {
  readonly fault: AnyOf<'MethodFault'>
  readonly localizedMessage?: string | undefined
}

export interface RuntimeFault extends MethodFault {}

export interface VimFault extends MethodFault {}

export interface HostCommunication extends RuntimeFault {}

export interface HostNotConnected extends HostCommunication {}

export interface HostNotReachable extends HostCommunication {}

export interface InvalidArgument extends RuntimeFault {
  readonly invalidProperty?: string | undefined
}

export interface InvalidProfileReferenceHost extends RuntimeFault {
  readonly reason?: string | undefined
  readonly host?: ManagedObjectReference | undefined
  readonly profile?: ManagedObjectReference | undefined
  readonly profileName?: string | undefined
}

export interface InvalidRequest extends RuntimeFault {}

export interface InvalidType extends InvalidRequest {
  readonly argument?: string | undefined
}

export interface ManagedObjectNotFound extends RuntimeFault {
  readonly obj: ManagedObjectReference
}

export interface MethodNotFound extends InvalidRequest {
  readonly receiver: ManagedObjectReference
  readonly method: string
}

export interface MethodDisabled extends RuntimeFault {
  readonly source?: string | undefined
}

export interface MethodAlreadyDisabledFault extends RuntimeFault {
  readonly sourceId: string
}

export interface NotEnoughLicenses extends RuntimeFault {}

export interface NotImplemented extends RuntimeFault {}

export interface NotSupported extends RuntimeFault {}

export interface RequestCanceled extends RuntimeFault {}

export interface RestrictedByAdministrator extends RuntimeFault {
  readonly details: string
}

export interface RestrictedVersion extends SecurityError {}

export interface SecurityError extends RuntimeFault {}

export interface NoPermission extends SecurityError {
  readonly object?: ManagedObjectReference | undefined
  readonly privilegeId?: string | undefined
  readonly missingPrivileges?: readonly NoPermissionEntityPrivileges[] | undefined
}

export interface NoPermissionEntityPrivileges extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly privilegeIds?: readonly string[] | undefined
}

export interface NotAuthenticated extends NoPermission {}

export interface SystemError extends RuntimeFault {
  readonly reason: string
}

export interface UnexpectedFault extends RuntimeFault {
  readonly faultName: string
  readonly fault?: LocalizedMethodFault | undefined
}

export interface CannotDisableSnapshot extends VmConfigFault {}

export interface UnsupportedVmxLocation extends VmConfigFault {}

export interface InvalidLogin extends VimFault {}

export interface NoSubjectName extends VimFault {}

export interface InvalidLocale extends VimFault {}

export interface PasswordExpired extends InvalidLogin {}

export interface InvalidClientCertificate extends InvalidLogin {}

export interface InvalidProperty extends MethodFault {
  readonly name: string
}

export interface InvalidCollectorVersion extends MethodFault {}

export interface InvalidName extends VimFault {
  readonly name: string
  readonly entity?: ManagedObjectReference | undefined
}

export interface InvalidPrivilege extends VimFault {
  readonly privilege: string
}

export interface InvalidFolder extends VimFault {
  readonly target: ManagedObjectReference
}

export interface NotFound extends VimFault {}

export interface AlreadyExists extends VimFault {
  readonly name?: string | undefined
}

export interface DuplicateName extends VimFault {
  readonly name: string
  readonly object: ManagedObjectReference
}

export interface ResourceInUse extends VimFault {
  readonly type?: string | undefined
  readonly name?: string | undefined
}

export interface ResourceNotAvailable extends VimFault {
  readonly containerType?: string | undefined
  readonly containerName?: string | undefined
  readonly type?: string | undefined
}

export interface ConcurrentAccess extends VimFault {}

export interface Timedout extends VimFault {}

export interface NotSupportedHost extends HostConnectFault {
  readonly productName?: string | undefined
  readonly productVersion?: string | undefined
}

export interface OutOfBounds extends VimFault {
  readonly argumentName: string
}

export interface UserNotFound extends VimFault {
  readonly principal: string
  readonly unresolved: boolean
}

export interface UnrecognizedHost extends VimFault {
  readonly hostName: string
}

export interface HostConnectFault extends VimFault {}

export interface HostConfigFault extends VimFault {}

export interface LicenseEntityNotFound extends VimFault {
  readonly entityId: string
}

export interface LimitExceeded extends VimFault {
  readonly property?: string | undefined
  readonly limit?: number | undefined
}

export interface DatabaseError extends RuntimeFault {}

export interface FeatureRequirementsNotMet extends VirtualHardwareCompatibilityIssue {
  readonly featureRequirement?: readonly VirtualMachineFeatureRequirement[] | undefined
  readonly vm?: ManagedObjectReference | undefined
  readonly host?: ManagedObjectReference | undefined
}

export interface VirtualHardwareCompatibilityIssue extends VmConfigFault {}

export interface VirtualMachineFeatureRequirement extends DynamicData {
  readonly key: string
  readonly featureName: string
  readonly value: string
}

export interface InvalidState extends VimFault {}

export interface InvalidHostState extends InvalidState {
  readonly host?: ManagedObjectReference | undefined
}

export interface InvalidPowerState extends InvalidState {
  readonly requestedState?: Enumeration<'VirtualMachinePowerState'> | undefined
  readonly existingState: Enumeration<'VirtualMachinePowerState'>
}

export interface InvalidDatastoreState extends InvalidState {
  readonly datastoreName?: string | undefined
}

export interface InvalidHostConnectionState extends InvalidHostState {}

export interface TaskInProgress extends VimFault {
  readonly task: ManagedObjectReference
}

export interface VAppTaskInProgress extends TaskInProgress {}

export interface EncryptionKeyRequired extends InvalidState {
  readonly requiredKey?: readonly CryptoKeyId[] | undefined
}

export interface ToolsUnavailable extends VimFault {}

export interface GuestOperationsUnavailable extends GuestOperationsFault {}

export interface GuestOperationsFault extends VimFault {}

export interface GuestComponentsOutOfDate extends GuestOperationsFault {}

export interface GuestPermissionDenied extends GuestOperationsFault {}

export interface GuestProcessNotFound extends GuestOperationsFault {
  readonly pid: number | bigint
}

export interface InvalidGuestLogin extends GuestOperationsFault {}

export interface OperationDisabledByGuest extends GuestOperationsFault {}

export interface OperationNotSupportedByGuest extends GuestOperationsFault {}

export interface TooManyGuestLogons extends GuestOperationsFault {}

export interface CannotAccessLocalSource extends VimFault {}

export interface NoActiveHostInCluster extends InvalidState {
  readonly computeResource: ManagedObjectReference
}

export interface NoHost extends HostConnectFault {
  readonly name?: string | undefined
}

export interface VmConfigFault extends VimFault {}

export interface GenericVmConfigFault extends VmConfigFault {
  readonly reason: string
}

export interface InvalidVmConfig extends VmConfigFault {
  readonly property?: string | undefined
}

export interface InvalidDeviceSpec extends InvalidVmConfig {
  readonly deviceIndex: number
}

export interface DeviceNotSupported extends VirtualHardwareCompatibilityIssue {
  readonly device: string
  readonly reason?: string | undefined
}

export interface DeviceNotFound extends InvalidDeviceSpec {}

export interface DeviceUnsupportedForVmPlatform extends InvalidDeviceSpec {}

export interface DeviceUnsupportedForVmVersion extends InvalidDeviceSpec {
  readonly currentVersion: string
  readonly expectedVersion: string
}

export interface DeviceBackingNotSupported extends DeviceNotSupported {
  readonly backing: string
}

export interface DeviceControllerNotSupported extends DeviceNotSupported {
  readonly controller: string
}

export interface DeviceHotPlugNotSupported extends InvalidDeviceSpec {}

export interface InvalidDeviceBacking extends InvalidDeviceSpec {}

export interface InvalidDeviceOperation extends InvalidDeviceSpec {
  readonly badOp?: Enumeration<'VirtualDeviceConfigSpecOperation'> | undefined
  readonly badFileOp?: Enumeration<'VirtualDeviceConfigSpecFileOperation'> | undefined
}

export interface InvalidFormat extends VmConfigFault {}

export interface InvalidDiskFormat extends InvalidFormat {}

export interface InvalidSnapshotFormat extends InvalidFormat {}

export interface InvalidController extends InvalidDeviceSpec {
  readonly controllerKey: number
}

export interface MissingController extends InvalidDeviceSpec {}

export interface DiskNotSupported extends VirtualHardwareCompatibilityIssue {
  readonly disk: number
}

export interface TooManyDevices extends InvalidVmConfig {}

export interface UnsupportedGuest extends InvalidVmConfig {
  readonly unsupportedGuestOS: string
}

export interface UnsupportedDatastore extends VmConfigFault {
  readonly datastore?: ManagedObjectReference | undefined
}

export interface UnconfiguredPropertyValue extends InvalidPropertyValue {}

export interface InvalidPropertyValue extends VAppPropertyFault {}

export interface VAppPropertyFault extends VmConfigFault {
  readonly id: string
  readonly category: string
  readonly label: string
  readonly type: string
  readonly value: string
}

export interface VirtualHardwareVersionNotSupported extends VirtualHardwareCompatibilityIssue {
  readonly hostName: string
  readonly host: ManagedObjectReference
}

export interface VirtualDiskModeNotSupported extends DeviceNotSupported {
  readonly mode: string
}

export interface MultiWriterNotSupported extends DeviceNotSupported {}

export interface RDMNotSupported extends DeviceNotSupported {}

export interface RawDiskNotSupported extends DeviceNotSupported {}

export interface SnapshotCopyNotSupported extends MigrationFault {}

export interface RDMNotSupportedOnDatastore extends VmConfigFault {
  readonly device: string
  readonly datastore: ManagedObjectReference
  readonly datastoreName: string
}

export interface CannotAccessVmComponent extends VmConfigFault {}

export interface CannotAccessVmDevice extends CannotAccessVmComponent {
  readonly device: string
  readonly backing: string
  readonly connected: boolean
}

export interface CannotAccessVmDisk extends CannotAccessVmDevice {
  readonly fault: LocalizedMethodFault
}

export interface CannotAccessNetwork extends CannotAccessVmDevice {
  readonly network?: ManagedObjectReference | undefined
}

export interface NotUserConfigurableProperty extends VAppPropertyFault {}

export interface CannotUseNetwork extends VmConfigFault {
  readonly device: string
  readonly backing: string
  readonly connected: boolean
  readonly reason: string
  readonly network?: ManagedObjectReference | undefined
}

export interface FileBackedPortNotSupported extends DeviceNotSupported {}

export interface MemoryHotPlugNotSupported extends VmConfigFault {}

export interface NumVirtualCpusNotSupported extends VirtualHardwareCompatibilityIssue {
  readonly maxSupportedVcpusDest: number
  readonly numCpuVm: number
}

export interface FileFault extends VimFault {
  readonly file: string
}

export interface FileNotFound extends FileFault {}

export interface FileAlreadyExists extends FileFault {}

export interface FileLocked extends FileFault {}

export interface FileNotWritable extends FileFault {}

export interface FileTooLarge extends FileFault {
  readonly datastore: string
  readonly fileSize: number | bigint
  readonly maxFileSize?: number | bigint | undefined
}

export interface FileNameTooLong extends FileFault {}

export interface CannotAccessFile extends FileFault {}

export interface CannotCreateFile extends FileFault {}

export interface CannotDeleteFile extends FileFault {}

export interface DirectoryNotEmpty extends FileFault {}

export interface NoDiskSpace extends FileFault {
  readonly datastore: string
}

export interface NoDiskFound extends VimFault {}

export interface NetworkCopyFault extends FileFault {}

export interface SwapPlacementOverrideNotSupported extends InvalidVmConfig {}

export interface DeltaDiskFormatNotSupported extends VmConfigFault {
  readonly datastore?: readonly ManagedObjectReference[] | undefined
  readonly deltaDiskFormat: string
}

export interface VmWwnConflict extends InvalidVmConfig {
  readonly vm?: ManagedObjectReference | undefined
  readonly host?: ManagedObjectReference | undefined
  readonly name?: string | undefined
  readonly wwn?: number | bigint | undefined
}

export interface DatastoreNotWritableOnHost extends InvalidDatastore {
  readonly host: ManagedObjectReference
}

export interface InvalidDatastore extends VimFault {
  readonly datastore?: ManagedObjectReference | undefined
  readonly name?: string | undefined
}

export interface InaccessibleDatastore extends InvalidDatastore {
  readonly detail?: string | undefined
}

export interface InvalidDatastorePath extends InvalidDatastore {
  readonly datastorePath: string
}

export interface InsufficientResourcesFault extends VimFault {}

export interface InsufficientStorageSpace extends InsufficientResourcesFault {}

export interface VmfsMountFault extends HostConfigFault {
  readonly uuid: string
}

export interface SnapshotFault extends VimFault {}

export interface ApplicationQuiesceFault extends SnapshotFault {}

export interface FilesystemQuiesceFault extends SnapshotFault {}

export interface SnapshotDisabled extends SnapshotFault {}

export interface SnapshotIncompatibleDeviceInVm extends SnapshotFault {
  readonly fault: LocalizedMethodFault
}

export interface SnapshotLocked extends SnapshotFault {}

export interface SnapshotMoveFromNonHomeNotSupported extends SnapshotCopyNotSupported {}

export interface SnapshotMoveNotSupported extends SnapshotCopyNotSupported {}

export interface SnapshotMoveToNonHomeNotSupported extends SnapshotCopyNotSupported {}

export interface SnapshotNoChange extends SnapshotFault {}

export interface SnapshotRevertIssue extends MigrationFault {
  readonly snapshotName?: string | undefined
  readonly event?: readonly AnyOf<'Event'>[] | undefined
  readonly errors: boolean
}

export interface SnapshotCloneNotSupported extends SnapshotCopyNotSupported {}

export interface TooManySnapshotLevels extends SnapshotFault {}

export interface MemorySnapshotOnIndependentDisk extends SnapshotFault {}

export interface MultipleSnapshotsNotSupported extends SnapshotFault {}

export interface MigrationFault extends VimFault {}

export interface DisallowedDiskModeChange extends InvalidDeviceSpec {}

export interface OvfFault extends VimFault {}

export interface OvfInvalidPackage extends OvfFault {
  readonly lineNumber: number
}

export interface OvfNoHostNic extends OvfUnsupportedPackage {}

export interface OvfUnsupportedPackage extends OvfFault {
  readonly lineNumber?: number | undefined
}

export interface OvfImportFailed extends OvfImport {}

export interface OvfImport extends OvfFault {}

export interface VirtualHardware extends DynamicData {
  readonly numCPU: number
  readonly numCoresPerSocket?: number | undefined
  readonly autoCoresPerSocket?: boolean | undefined
  readonly memoryMB: number
  readonly virtualICH7MPresent?: boolean | undefined
  readonly virtualSMCPresent?: boolean | undefined
  readonly device?: readonly AnyOf<'VirtualDevice'>[] | undefined
  readonly motherboardLayout?: string | undefined
  readonly simultaneousThreads?: number | undefined
}

export interface VirtualDevice extends DynamicData {
  readonly key: number
  readonly deviceInfo?: AnyOf<'Description'> | undefined
  readonly backing?: AnyOf<'VirtualDeviceBackingInfo'> | undefined
  readonly connectable?: VirtualDeviceConnectInfo | undefined
  readonly slotInfo?: AnyOf<'VirtualDeviceBusSlotInfo'> | undefined
  readonly controllerKey?: number | undefined
  readonly unitNumber?: number | undefined
  readonly numaNode?: number | undefined
  readonly deviceGroupInfo?: VirtualDeviceDeviceGroupInfo | undefined
}

export interface VirtualDeviceDeviceGroupInfo extends DynamicData {
  readonly groupInstanceKey: number
  readonly sequenceId: number
}

export interface VirtualDeviceBackingInfo extends DynamicData {}

export interface VirtualDeviceConnectInfo extends DynamicData {
  readonly migrateConnect?: string | undefined
  readonly startConnected: boolean
  readonly allowGuestControl: boolean
  readonly connected: boolean
  readonly status?: string | undefined
}

export interface VirtualDeviceBusSlotInfo extends DynamicData {}

export interface VirtualDevicePciBusSlotInfo extends VirtualDeviceBusSlotInfo {
  readonly pciSlotNumber: number
}

export interface VirtualUSBControllerPciBusSlotInfo extends VirtualDevicePciBusSlotInfo {
  readonly ehciPciSlotNumber?: number | undefined
}

export interface VirtualDeviceDeviceBackingInfo extends VirtualDeviceBackingInfo {
  readonly deviceName: string
  readonly useAutoDetect?: boolean | undefined
}

export interface VirtualDeviceRemoteDeviceBackingInfo extends VirtualDeviceBackingInfo {
  readonly deviceName: string
  readonly useAutoDetect?: boolean | undefined
}

export interface VirtualDeviceFileBackingInfo extends VirtualDeviceBackingInfo {
  readonly fileName: string
  readonly datastore?: ManagedObjectReference | undefined
  readonly backingObjectId?: string | undefined
}

export interface VirtualDevicePipeBackingInfo extends VirtualDeviceBackingInfo {
  readonly pipeName: string
}

export interface VirtualDeviceURIBackingInfo extends VirtualDeviceBackingInfo {
  readonly serviceURI: string
  readonly direction: string
  readonly proxyURI?: string | undefined
}

export interface VirtualDeviceConfigSpec extends DynamicData {
  readonly operation?: Enumeration<'VirtualDeviceConfigSpecOperation'> | undefined
  readonly fileOperation?: Enumeration<'VirtualDeviceConfigSpecFileOperation'> | undefined
  readonly device: AnyOf<'VirtualDevice'>
  readonly profile?: readonly AnyOf<'VirtualMachineProfileSpec'>[] | undefined
  readonly backing?: VirtualDeviceConfigSpecBackingSpec | undefined
  readonly filterSpec?: readonly AnyOf<'VirtualMachineBaseIndependentFilterSpec'>[] | undefined
  readonly changeMode?: string | undefined
}

export interface VirtualDeviceConfigSpecBackingSpec extends DynamicData {
  readonly parent?: VirtualDeviceConfigSpecBackingSpec | undefined
  readonly crypto?: AnyOf<'CryptoSpec'> | undefined
}

export interface VirtualMachineProfileSpec extends DynamicData {}

export interface VirtualMachineDefaultProfileSpec extends VirtualMachineProfileSpec {}

export interface VirtualMachineDefinedProfileSpec extends VirtualMachineProfileSpec {
  readonly profileId: string
  readonly replicationSpec?: ReplicationSpec | undefined
  readonly profileData?: VirtualMachineProfileRawData | undefined
  readonly profileParams?: readonly KeyValue[] | undefined
}

export interface ReplicationSpec extends DynamicData {
  readonly replicationGroupId: ReplicationGroupId
}

export interface ReplicationGroupId extends DynamicData {
  readonly faultDomainId: FaultDomainId
  readonly deviceGroupId: DeviceGroupId
}

export interface FaultDomainId extends DynamicData {
  readonly id: string
}

export interface DeviceGroupId extends DynamicData {
  readonly id: string
}

export interface VirtualMachineProfileRawData extends DynamicData {
  readonly extensionKey: string
  readonly objectData?: string | undefined
}

export interface VirtualMachineEmptyProfileSpec extends VirtualMachineProfileSpec {}

export interface CryptoSpec extends DynamicData {}

export interface CryptoSpecDecrypt extends CryptoSpec {}

export interface CryptoSpecDeepRecrypt extends CryptoSpec {
  readonly newKeyId: CryptoKeyId
}

export interface CryptoSpecEncrypt extends CryptoSpec {
  readonly cryptoKeyId: CryptoKeyId
}

export interface CryptoSpecNoOp extends CryptoSpec {}

export interface CryptoSpecRegister extends CryptoSpecNoOp {
  readonly cryptoKeyId: CryptoKeyId
}

export interface CryptoSpecShallowRecrypt extends CryptoSpec {
  readonly newKeyId: CryptoKeyId
}

export interface VirtualMachineBaseIndependentFilterSpec extends DynamicData {}

export interface VirtualMachineEmptyIndependentFilterSpec extends VirtualMachineBaseIndependentFilterSpec {}

export interface VirtualMachineIndependentFilterSpec extends VirtualMachineBaseIndependentFilterSpec {
  readonly filterName: string
  readonly filterClass?: string | undefined
  readonly filterCapabilities?: readonly KeyValue[] | undefined
}

export interface VirtualDisk extends VirtualDevice {
  readonly capacityInKB: number | bigint
  readonly capacityInBytes?: number | bigint | undefined
  readonly shares?: SharesInfo | undefined
  readonly storageIOAllocation?: StorageIOAllocationInfo | undefined
  readonly diskObjectId?: string | undefined
  readonly vFlashCacheConfigInfo?: VirtualDiskVFlashCacheConfigInfo | undefined
  readonly iofilter?: readonly string[] | undefined
  readonly vDiskId?: ID | undefined
  readonly vDiskVersion?: number | undefined
  readonly nativeUnmanagedLinkedClone?: boolean | undefined
  readonly independentFilters?: readonly AnyOf<'VirtualMachineBaseIndependentFilterSpec'>[] | undefined
  readonly guestReadOnly?: boolean | undefined
}

export interface StorageIOAllocationInfo extends DynamicData {
  readonly limit?: number | bigint | undefined
  readonly shares?: SharesInfo | undefined
  readonly reservation?: number | undefined
}

export interface VirtualDiskVFlashCacheConfigInfo extends DynamicData {
  readonly vFlashModule?: string | undefined
  readonly reservationInMB?: number | bigint | undefined
  readonly cacheConsistencyType?: string | undefined
  readonly cacheMode?: string | undefined
  readonly blockSizeInKB?: number | bigint | undefined
}

export interface ID extends DynamicData {
  readonly id: string
}

export interface VirtualDiskFlatVer1BackingInfo extends VirtualDeviceFileBackingInfo {
  readonly diskMode: string
  readonly split?: boolean | undefined
  readonly writeThrough?: boolean | undefined
  readonly contentId?: string | undefined
  readonly parent?: VirtualDiskFlatVer1BackingInfo | undefined
}

export interface VirtualDiskFlatVer2BackingInfo extends VirtualDeviceFileBackingInfo {
  readonly diskMode: string
  readonly split?: boolean | undefined
  readonly writeThrough?: boolean | undefined
  readonly thinProvisioned?: boolean | undefined
  readonly eagerlyScrub?: boolean | undefined
  readonly uuid?: string | undefined
  readonly contentId?: string | undefined
  readonly changeId?: string | undefined
  readonly parent?: VirtualDiskFlatVer2BackingInfo | undefined
  readonly deltaDiskFormat?: string | undefined
  readonly digestEnabled?: boolean | undefined
  readonly deltaGrainSize?: number | undefined
  readonly deltaDiskFormatVariant?: string | undefined
  readonly sharing?: string | undefined
  readonly keyId?: CryptoKeyId | undefined
}

export interface VirtualDiskSparseVer1BackingInfo extends VirtualDeviceFileBackingInfo {
  readonly diskMode: string
  readonly split?: boolean | undefined
  readonly writeThrough?: boolean | undefined
  readonly spaceUsedInKB?: number | bigint | undefined
  readonly contentId?: string | undefined
  readonly parent?: VirtualDiskSparseVer1BackingInfo | undefined
}

export interface VirtualDiskSparseVer2BackingInfo extends VirtualDeviceFileBackingInfo {
  readonly diskMode: string
  readonly split?: boolean | undefined
  readonly writeThrough?: boolean | undefined
  readonly spaceUsedInKB?: number | bigint | undefined
  readonly uuid?: string | undefined
  readonly contentId?: string | undefined
  readonly changeId?: string | undefined
  readonly parent?: VirtualDiskSparseVer2BackingInfo | undefined
  readonly keyId?: CryptoKeyId | undefined
}

export interface VirtualDiskSeSparseBackingInfo extends VirtualDeviceFileBackingInfo {
  readonly diskMode: string
  readonly writeThrough?: boolean | undefined
  readonly uuid?: string | undefined
  readonly contentId?: string | undefined
  readonly changeId?: string | undefined
  readonly parent?: VirtualDiskSeSparseBackingInfo | undefined
  readonly deltaDiskFormat?: string | undefined
  readonly digestEnabled?: boolean | undefined
  readonly grainSize?: number | undefined
  readonly keyId?: CryptoKeyId | undefined
}

export interface VirtualDiskRawDiskMappingVer1BackingInfo extends VirtualDeviceFileBackingInfo {
  readonly lunUuid?: string | undefined
  readonly deviceName?: string | undefined
  readonly compatibilityMode?: string | undefined
  readonly diskMode?: string | undefined
  readonly uuid?: string | undefined
  readonly contentId?: string | undefined
  readonly changeId?: string | undefined
  readonly parent?: VirtualDiskRawDiskMappingVer1BackingInfo | undefined
  readonly deltaDiskFormat?: string | undefined
  readonly deltaGrainSize?: number | undefined
  readonly sharing?: string | undefined
}

export interface VirtualDiskRawDiskVer2BackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly descriptorFileName: string
  readonly uuid?: string | undefined
  readonly changeId?: string | undefined
  readonly sharing?: string | undefined
}

export interface VirtualDiskPartitionedRawDiskVer2BackingInfo extends VirtualDiskRawDiskVer2BackingInfo {
  readonly partition: readonly number[]
}

export interface VirtualDiskLocalPMemBackingInfo extends VirtualDeviceFileBackingInfo {
  readonly diskMode: string
  readonly uuid?: string | undefined
  readonly volumeUUID?: string | undefined
  readonly contentId?: string | undefined
}

export interface VirtualDiskConfigSpec extends VirtualDeviceConfigSpec {
  readonly diskMoveType?: string | undefined
  readonly migrateCache?: boolean | undefined
}

export interface VirtualDiskSpec extends DynamicData {
  readonly diskType: string
  readonly adapterType: string
}

export interface DeviceBackedVirtualDiskSpec extends VirtualDiskSpec {
  readonly device: string
}

export interface FileBackedVirtualDiskSpec extends VirtualDiskSpec {
  readonly capacityKb: number | bigint
  readonly profile?: readonly AnyOf<'VirtualMachineProfileSpec'>[] | undefined
  readonly crypto?: AnyOf<'CryptoSpec'> | undefined
}

export interface SeSparseVirtualDiskSpec extends FileBackedVirtualDiskSpec {
  readonly grainSizeKb?: number | undefined
}

export interface HostDiskDimensionsChs extends DynamicData {
  readonly cylinder: number | bigint
  readonly head: number
  readonly sector: number
}

export interface DiskChangeInfo extends DynamicData {
  readonly startOffset: number | bigint
  readonly length: number | bigint
  readonly changedArea?: readonly DiskChangeExtent[] | undefined
}

export interface DiskChangeExtent extends DynamicData {
  readonly start: number | bigint
  readonly length: number | bigint
}

export interface VirtualController extends VirtualDevice {
  readonly busNumber: number
  readonly device?: readonly number[] | undefined
}

export interface VirtualIDEController extends VirtualController {}

export interface VirtualNVDIMMController extends VirtualController {}

export interface VirtualNVMEController extends VirtualController {
  readonly sharedBus?: string | undefined
}

export interface VirtualPCIController extends VirtualController {}

export interface VirtualPS2Controller extends VirtualController {}

export interface VirtualSATAController extends VirtualController {}

export interface VirtualAHCIController extends VirtualSATAController {}

export interface VirtualSCSIController extends VirtualController {
  readonly hotAddRemove?: boolean | undefined
  readonly sharedBus: Enumeration<'VirtualSCSISharing'>
  readonly scsiCtlrUnitNumber?: number | undefined
}

export interface ParaVirtualSCSIController extends VirtualSCSIController {}

export interface VirtualBusLogicController extends VirtualSCSIController {}

export interface VirtualLsiLogicController extends VirtualSCSIController {}

export interface VirtualLsiLogicSASController extends VirtualSCSIController {}

export interface VirtualSIOController extends VirtualController {}

export interface VirtualUSBController extends VirtualController {
  readonly autoConnectDevices?: boolean | undefined
  readonly ehciEnabled?: boolean | undefined
}

export interface VirtualUSBXHCIController extends VirtualController {
  readonly autoConnectDevices?: boolean | undefined
}

export interface VirtualEthernetCard extends VirtualDevice {
  readonly addressType?: string | undefined
  readonly macAddress?: string | undefined
  readonly wakeOnLanEnabled?: boolean | undefined
  readonly resourceAllocation?: VirtualEthernetCardResourceAllocation | undefined
  readonly externalId?: string | undefined
  readonly uptCompatibilityEnabled?: boolean | undefined
}

export interface VirtualEthernetCardResourceAllocation extends DynamicData {
  readonly reservation?: number | bigint | undefined
  readonly share: SharesInfo
  readonly limit?: number | bigint | undefined
}

export interface VirtualE1000 extends VirtualEthernetCard {}

export interface VirtualE1000e extends VirtualEthernetCard {}

export interface VirtualPCNet32 extends VirtualEthernetCard {}

export interface VirtualSriovEthernetCard extends VirtualEthernetCard {
  readonly allowGuestOSMtuChange?: boolean | undefined
  readonly sriovBacking?: VirtualSriovEthernetCardSriovBackingInfo | undefined
  readonly dvxBackingInfo?: VirtualPCIPassthroughDvxBackingInfo | undefined
}

export interface VirtualVmxnet extends VirtualEthernetCard {}

export interface VirtualVmxnet2 extends VirtualVmxnet {}

export interface VirtualVmxnet3 extends VirtualVmxnet {
  readonly uptv2Enabled?: boolean | undefined
}

export interface VirtualVmxnet3Vrdma extends VirtualVmxnet3 {
  readonly deviceProtocol?: string | undefined
}

export interface VirtualEthernetCardLegacyNetworkBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualEthernetCardNetworkBackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly network?: ManagedObjectReference | undefined
  readonly inPassthroughMode?: boolean | undefined
}

export interface VirtualEthernetCardDistributedVirtualPortBackingInfo extends VirtualDeviceBackingInfo {
  readonly port: DistributedVirtualSwitchPortConnection
}

export interface DistributedVirtualSwitchPortConnection extends DynamicData {
  readonly switchUuid: string
  readonly portgroupKey?: string | undefined
  readonly portKey?: string | undefined
  readonly connectionCookie?: number | undefined
}

export interface VirtualEthernetCardOpaqueNetworkBackingInfo extends VirtualDeviceBackingInfo {
  readonly opaqueNetworkId: string
  readonly opaqueNetworkType: string
}

export interface VirtualSriovEthernetCardSriovBackingInfo extends VirtualDeviceBackingInfo {
  readonly physicalFunctionBacking?: VirtualPCIPassthroughDeviceBackingInfo | undefined
  readonly virtualFunctionBacking?: VirtualPCIPassthroughDeviceBackingInfo | undefined
  readonly virtualFunctionIndex?: number | undefined
}

export interface VirtualCdrom extends VirtualDevice {}

export interface VirtualFloppy extends VirtualDevice {}

export interface VirtualKeyboard extends VirtualDevice {}

export interface VirtualMachineVMCIDevice extends VirtualDevice {
  readonly id?: number | bigint | undefined
  readonly allowUnrestrictedCommunication?: boolean | undefined
  readonly filterEnable?: boolean | undefined
  readonly filterInfo?: VirtualMachineVMCIDeviceFilterInfo | undefined
}

export interface VirtualMachineVMCIDeviceFilterInfo extends DynamicData {
  readonly filters?: readonly VirtualMachineVMCIDeviceFilterSpec[] | undefined
}

export interface VirtualMachineVMCIDeviceFilterSpec extends DynamicData {
  readonly rank: number | bigint
  readonly action: string
  readonly protocol: string
  readonly direction: string
  readonly lowerDstPortBoundary?: number | bigint | undefined
  readonly upperDstPortBoundary?: number | bigint | undefined
}

export interface VirtualMachineVMIROM extends VirtualDevice {}

export interface VirtualMachineVideoCard extends VirtualDevice {
  readonly videoRamSizeInKB?: number | bigint | undefined
  readonly numDisplays?: number | undefined
  readonly useAutoDetect?: boolean | undefined
  readonly enable3DSupport?: boolean | undefined
  readonly use3dRenderer?: string | undefined
  readonly graphicsMemorySizeInKB?: number | bigint | undefined
}

export interface VirtualNVDIMM extends VirtualDevice {
  readonly capacityInMB: number | bigint
  readonly configuredCapacityInMB?: number | bigint | undefined
}

export interface VirtualPCIPassthrough extends VirtualDevice {}

export interface VirtualParallelPort extends VirtualDevice {}

export interface VirtualPointingDevice extends VirtualDevice {}

export interface VirtualPrecisionClock extends VirtualDevice {}

export interface VirtualSCSIPassthrough extends VirtualDevice {}

export interface VirtualSerialPort extends VirtualDevice {
  readonly yieldOnPoll: boolean
}

export interface VirtualSoundCard extends VirtualDevice {}

export interface VirtualEnsoniq1371 extends VirtualSoundCard {}

export interface VirtualHdAudioCard extends VirtualSoundCard {}

export interface VirtualSoundBlaster16 extends VirtualSoundCard {}

export interface VirtualTPM extends VirtualDevice {
  readonly endorsementKeyCertificateSigningRequest?: readonly Uint8Array[] | undefined
  readonly endorsementKeyCertificate?: readonly Uint8Array[] | undefined
}

export interface VirtualUSB extends VirtualDevice {
  readonly connected: boolean
  readonly vendor?: number | undefined
  readonly product?: number | undefined
  readonly family?: readonly string[] | undefined
  readonly speed?: readonly string[] | undefined
}

export interface VirtualWDT extends VirtualDevice {
  readonly runOnBoot: boolean
  readonly running: boolean
}

export interface VirtualCdromAtapiBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualCdromPassthroughBackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly exclusive: boolean
}

export interface VirtualFloppyDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualPCIPassthroughDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly id: string
  readonly deviceId: string
  readonly systemId: string
  readonly vendorId: number
}

export interface VirtualPCIPassthroughDynamicBackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly allowedDevice?: readonly VirtualPCIPassthroughAllowedDevice[] | undefined
  readonly customLabel?: string | undefined
  readonly assignedId?: string | undefined
}

export interface VirtualPCIPassthroughAllowedDevice extends DynamicData {
  readonly vendorId: number
  readonly deviceId: number
  readonly subVendorId?: number | undefined
  readonly subDeviceId?: number | undefined
  readonly revisionId?: number | undefined
}

export interface VirtualParallelPortDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualPointingDeviceDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly hostPointingDevice: string
}

export interface VirtualSCSIPassthroughDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualSerialPortDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualSoundCardDeviceBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualUSBRemoteHostBackingInfo extends VirtualDeviceDeviceBackingInfo {
  readonly hostname: string
}

export interface VirtualUSBUSBBackingInfo extends VirtualDeviceDeviceBackingInfo {}

export interface VirtualCdromIsoBackingInfo extends VirtualDeviceFileBackingInfo {}

export interface VirtualFloppyImageBackingInfo extends VirtualDeviceFileBackingInfo {}

export interface VirtualNVDIMMBackingInfo extends VirtualDeviceFileBackingInfo {
  readonly parent?: VirtualNVDIMMBackingInfo | undefined
  readonly changeId?: string | undefined
}

export interface VirtualParallelPortFileBackingInfo extends VirtualDeviceFileBackingInfo {}

export interface VirtualSerialPortFileBackingInfo extends VirtualDeviceFileBackingInfo {}

export interface VirtualSerialPortPipeBackingInfo extends VirtualDevicePipeBackingInfo {
  readonly endpoint: string
  readonly noRxLoss?: boolean | undefined
}

export interface VirtualCdromRemoteAtapiBackingInfo extends VirtualDeviceRemoteDeviceBackingInfo {}

export interface VirtualCdromRemotePassthroughBackingInfo extends VirtualDeviceRemoteDeviceBackingInfo {
  readonly exclusive: boolean
}

export interface VirtualFloppyRemoteDeviceBackingInfo extends VirtualDeviceRemoteDeviceBackingInfo {}

export interface VirtualUSBRemoteClientBackingInfo extends VirtualDeviceRemoteDeviceBackingInfo {
  readonly hostname: string
}

export interface VirtualSerialPortURIBackingInfo extends VirtualDeviceURIBackingInfo {}

export interface VirtualPCIPassthroughDvxBackingInfo extends VirtualDeviceBackingInfo {
  readonly deviceClass?: string | undefined
  readonly configParams?: readonly AnyOf<'OptionValue'>[] | undefined
}

export interface VirtualPCIPassthroughPluginBackingInfo extends VirtualDeviceBackingInfo {}

export interface VirtualPCIPassthroughVmiopBackingInfo extends VirtualPCIPassthroughPluginBackingInfo {
  readonly vgpu?: string | undefined
  readonly vgpuMigrateDataSizeMB?: number | undefined
  readonly migrateSupported?: boolean | undefined
  readonly enhancedMigrateCapability?: boolean | undefined
}

export interface VirtualPrecisionClockSystemClockBackingInfo extends VirtualDeviceBackingInfo {
  readonly protocol?: string | undefined
}

export interface VirtualSerialPortThinPrintBackingInfo extends VirtualDeviceBackingInfo {}

export interface VirtualMachineConfigInfo extends DynamicData {
  readonly changeVersion: string
  readonly modified: string
  readonly name: string
  readonly guestFullName: string
  readonly version: string
  readonly uuid: string
  readonly createDate?: string | undefined
  readonly instanceUuid?: string | undefined
  readonly npivNodeWorldWideName?: readonly (number | bigint)[] | undefined
  readonly npivPortWorldWideName?: readonly (number | bigint)[] | undefined
  readonly npivWorldWideNameType?: string | undefined
  readonly npivDesiredNodeWwns?: number | undefined
  readonly npivDesiredPortWwns?: number | undefined
  readonly npivTemporaryDisabled?: boolean | undefined
  readonly npivOnNonRdmDisks?: boolean | undefined
  readonly locationId?: string | undefined
  readonly template: boolean
  readonly guestId: string
  readonly alternateGuestName: string
  readonly annotation?: string | undefined
  readonly files: VirtualMachineFileInfo
  readonly tools?: ToolsConfigInfo | undefined
  readonly flags: VirtualMachineFlagInfo
  readonly consolePreferences?: VirtualMachineConsolePreferences | undefined
  readonly defaultPowerOps: VirtualMachineDefaultPowerOpInfo
  readonly rebootPowerOff?: boolean | undefined
  readonly hardware: VirtualHardware
  readonly vcpuConfig?: readonly VirtualMachineVcpuConfig[] | undefined
  readonly cpuAllocation?: ResourceAllocationInfo | undefined
  readonly memoryAllocation?: ResourceAllocationInfo | undefined
  readonly latencySensitivity?: LatencySensitivity | undefined
  readonly memoryHotAddEnabled?: boolean | undefined
  readonly cpuHotAddEnabled?: boolean | undefined
  readonly cpuHotRemoveEnabled?: boolean | undefined
  readonly hotPlugMemoryLimit?: number | bigint | undefined
  readonly hotPlugMemoryIncrementSize?: number | bigint | undefined
  readonly cpuAffinity?: VirtualMachineAffinityInfo | undefined
  readonly memoryAffinity?: VirtualMachineAffinityInfo | undefined
  readonly networkShaper?: VirtualMachineNetworkShaperInfo | undefined
  readonly extraConfig?: readonly AnyOf<'OptionValue'>[] | undefined
  readonly cpuFeatureMask?: readonly HostCpuIdInfo[] | undefined
  readonly datastoreUrl?: readonly VirtualMachineConfigInfoDatastoreUrlPair[] | undefined
  readonly swapPlacement?: string | undefined
  readonly bootOptions?: VirtualMachineBootOptions | undefined
  readonly ftInfo?: AnyOf<'FaultToleranceConfigInfo'> | undefined
  readonly repConfig?: ReplicationConfigSpec | undefined
  readonly vAppConfig?: AnyOf<'VmConfigInfo'> | undefined
  readonly vAssertsEnabled?: boolean | undefined
  readonly changeTrackingEnabled?: boolean | undefined
  readonly firmware?: string | undefined
  readonly maxMksConnections?: number | undefined
  readonly guestAutoLockEnabled?: boolean | undefined
  readonly managedBy?: ManagedByInfo | undefined
  readonly memoryReservationLockedToMax?: boolean | undefined
  readonly initialOverhead?: VirtualMachineConfigInfoOverheadInfo | undefined
  readonly nestedHVEnabled?: boolean | undefined
  readonly vPMCEnabled?: boolean | undefined
  readonly scheduledHardwareUpgradeInfo?: ScheduledHardwareUpgradeInfo | undefined
  readonly forkConfigInfo?: VirtualMachineForkConfigInfo | undefined
  readonly vFlashCacheReservation?: number | bigint | undefined
  readonly vmxConfigChecksum?: Uint8Array | undefined
  readonly messageBusTunnelEnabled?: boolean | undefined
  readonly vmStorageObjectId?: string | undefined
  readonly swapStorageObjectId?: string | undefined
  readonly keyId?: CryptoKeyId | undefined
  readonly guestIntegrityInfo?: VirtualMachineGuestIntegrityInfo | undefined
  readonly migrateEncryption?: string | undefined
  readonly sgxInfo?: VirtualMachineSgxInfo | undefined
  readonly contentLibItemInfo?: VirtualMachineContentLibraryItemInfo | undefined
  readonly ftEncryptionMode?: string | undefined
  readonly guestMonitoringModeInfo?: VirtualMachineGuestMonitoringModeInfo | undefined
  readonly sevEnabled?: boolean | undefined
  readonly numaInfo?: VirtualMachineVirtualNumaInfo | undefined
  readonly pmemFailoverEnabled?: boolean | undefined
  readonly vmxStatsCollectionEnabled?: boolean | undefined
  readonly vmOpNotificationToAppEnabled?: boolean | undefined
  readonly vmOpNotificationTimeout?: number | bigint | undefined
  readonly deviceSwap?: VirtualMachineVirtualDeviceSwap | undefined
  readonly pmem?: VirtualMachineVirtualPMem | undefined
  readonly deviceGroups?: VirtualMachineVirtualDeviceGroups | undefined
  readonly fixedPassthruHotPlugEnabled?: boolean | undefined
  readonly metroFtEnabled?: boolean | undefined
  readonly metroFtHostGroup?: string | undefined
}

export interface VirtualMachineFileInfo extends DynamicData {
  readonly vmPathName?: string | undefined
  readonly snapshotDirectory?: string | undefined
  readonly suspendDirectory?: string | undefined
  readonly logDirectory?: string | undefined
  readonly ftMetadataDirectory?: string | undefined
}

export interface ToolsConfigInfo extends DynamicData {
  readonly toolsVersion?: number | undefined
  readonly toolsInstallType?: string | undefined
  readonly afterPowerOn?: boolean | undefined
  readonly afterResume?: boolean | undefined
  readonly beforeGuestStandby?: boolean | undefined
  readonly beforeGuestShutdown?: boolean | undefined
  readonly beforeGuestReboot?: boolean | undefined
  readonly toolsUpgradePolicy?: string | undefined
  readonly pendingCustomization?: string | undefined
  readonly customizationKeyId?: CryptoKeyId | undefined
  readonly syncTimeWithHostAllowed?: boolean | undefined
  readonly syncTimeWithHost?: boolean | undefined
  readonly lastInstallInfo?: ToolsConfigInfoToolsLastInstallInfo | undefined
}

export interface ToolsConfigInfoToolsLastInstallInfo extends DynamicData {
  readonly counter: number
  readonly fault?: LocalizedMethodFault | undefined
}

export interface VirtualMachineFlagInfo extends DynamicData {
  readonly disableAcceleration?: boolean | undefined
  readonly enableLogging?: boolean | undefined
  readonly useToe?: boolean | undefined
  readonly runWithDebugInfo?: boolean | undefined
  readonly monitorType?: string | undefined
  readonly htSharing?: string | undefined
  readonly snapshotDisabled?: boolean | undefined
  readonly snapshotLocked?: boolean | undefined
  readonly diskUuidEnabled?: boolean | undefined
  readonly virtualMmuUsage?: string | undefined
  readonly virtualExecUsage?: string | undefined
  readonly snapshotPowerOffBehavior?: string | undefined
  readonly recordReplayEnabled?: boolean | undefined
  readonly faultToleranceType?: string | undefined
  readonly cbrcCacheEnabled?: boolean | undefined
  readonly vvtdEnabled?: boolean | undefined
  readonly vbsEnabled?: boolean | undefined
}

export interface VirtualMachineConsolePreferences extends DynamicData {
  readonly powerOnWhenOpened?: boolean | undefined
  readonly enterFullScreenOnPowerOn?: boolean | undefined
  readonly closeOnPowerOffOrSuspend?: boolean | undefined
}

export interface VirtualMachineDefaultPowerOpInfo extends DynamicData {
  readonly powerOffType?: string | undefined
  readonly suspendType?: string | undefined
  readonly resetType?: string | undefined
  readonly defaultPowerOffType?: string | undefined
  readonly defaultSuspendType?: string | undefined
  readonly defaultResetType?: string | undefined
  readonly standbyAction?: string | undefined
}

export interface VirtualMachineVcpuConfig extends DynamicData {
  readonly latencySensitivity?: LatencySensitivity | undefined
}

export interface VirtualMachineAffinityInfo extends DynamicData {
  readonly affinitySet: readonly number[]
}

export interface VirtualMachineNetworkShaperInfo extends DynamicData {
  readonly enabled?: boolean | undefined
  readonly peakBps?: number | bigint | undefined
  readonly averageBps?: number | bigint | undefined
  readonly burstSize?: number | bigint | undefined
}

export interface VirtualMachineConfigInfoDatastoreUrlPair extends DynamicData {
  readonly name: string
  readonly url: string
}

export interface VirtualMachineBootOptions extends DynamicData {
  readonly bootDelay?: number | bigint | undefined
  readonly enterBIOSSetup?: boolean | undefined
  readonly efiSecureBootEnabled?: boolean | undefined
  readonly bootRetryEnabled?: boolean | undefined
  readonly bootRetryDelay?: number | bigint | undefined
  readonly bootOrder?: readonly AnyOf<'VirtualMachineBootOptionsBootableDevice'>[] | undefined
  readonly networkBootProtocol?: string | undefined
}

export interface ReplicationConfigSpec extends DynamicData {
  readonly generation: number | bigint
  readonly vmReplicationId: string
  readonly destination: string
  readonly port: number
  readonly rpo: number | bigint
  readonly quiesceGuestEnabled: boolean
  readonly paused: boolean
  readonly oppUpdatesEnabled: boolean
  readonly netCompressionEnabled?: boolean | undefined
  readonly netEncryptionEnabled?: boolean | undefined
  readonly encryptionDestination?: string | undefined
  readonly encryptionPort?: number | undefined
  readonly remoteCertificateThumbprint?: string | undefined
  readonly dataSetsReplicationEnabled?: boolean | undefined
  readonly disk?: readonly ReplicationInfoDiskSettings[] | undefined
}

export interface ReplicationInfoDiskSettings extends DynamicData {
  readonly key: number
  readonly diskReplicationId: string
}

export interface VirtualMachineConfigInfoOverheadInfo extends DynamicData {
  readonly initialMemoryReservation?: number | bigint | undefined
  readonly initialSwapReservation?: number | bigint | undefined
}

export interface ScheduledHardwareUpgradeInfo extends DynamicData {
  readonly upgradePolicy?: string | undefined
  readonly versionKey?: string | undefined
  readonly scheduledHardwareUpgradeStatus?: string | undefined
  readonly fault?: LocalizedMethodFault | undefined
}

export interface VirtualMachineForkConfigInfo extends DynamicData {
  readonly parentEnabled?: boolean | undefined
  readonly childForkGroupId?: string | undefined
  readonly parentForkGroupId?: string | undefined
  readonly childType?: string | undefined
}

export interface VirtualMachineGuestIntegrityInfo extends DynamicData {
  readonly enabled?: boolean | undefined
}

export interface VirtualMachineSgxInfo extends DynamicData {
  readonly epcSize: number | bigint
  readonly flcMode?: string | undefined
  readonly lePubKeyHash?: string | undefined
  readonly requireAttestation?: boolean | undefined
}

export interface VirtualMachineContentLibraryItemInfo extends DynamicData {
  readonly contentLibraryItemUuid: string
  readonly contentLibraryItemVersion?: string | undefined
}

export interface VirtualMachineGuestMonitoringModeInfo extends DynamicData {
  readonly gmmFile?: string | undefined
  readonly gmmAppliance?: string | undefined
}

export interface VirtualMachineVirtualNumaInfo extends DynamicData {
  readonly coresPerNumaNode?: number | undefined
  readonly autoCoresPerNumaNode?: boolean | undefined
  readonly vnumaOnCpuHotaddExposed?: boolean | undefined
}

export interface VirtualMachineVirtualDeviceSwap extends DynamicData {
  readonly lsiToPvscsi?: VirtualMachineVirtualDeviceSwapDeviceSwapInfo | undefined
}

export interface VirtualMachineVirtualDeviceSwapDeviceSwapInfo extends DynamicData {
  readonly enabled?: boolean | undefined
  readonly applicable?: boolean | undefined
  readonly status?: string | undefined
}

export interface VirtualMachineVirtualPMem extends DynamicData {
  readonly snapshotMode?: string | undefined
}

export interface VirtualMachineVirtualDeviceGroups extends DynamicData {
  readonly deviceGroup?: readonly AnyOf<'VirtualMachineVirtualDeviceGroupsDeviceGroup'>[] | undefined
}

export interface VirtualMachineVirtualDeviceGroupsDeviceGroup extends DynamicData {
  readonly groupInstanceKey: number
  readonly deviceInfo?: AnyOf<'Description'> | undefined
}

export interface VmConfigInfo extends DynamicData {
  readonly product?: readonly VAppProductInfo[] | undefined
  readonly property?: readonly VAppPropertyInfo[] | undefined
  readonly ipAssignment: VAppIPAssignmentInfo
  readonly eula?: readonly string[] | undefined
  readonly ovfSection?: readonly VAppOvfSectionInfo[] | undefined
  readonly ovfEnvironmentTransport?: readonly string[] | undefined
  readonly installBootRequired: boolean
  readonly installBootStopDelay: number
}

export interface VAppProductInfo extends DynamicData {
  readonly key: number
  readonly classId?: string | undefined
  readonly instanceId?: string | undefined
  readonly name?: string | undefined
  readonly vendor?: string | undefined
  readonly version?: string | undefined
  readonly fullVersion?: string | undefined
  readonly vendorUrl?: string | undefined
  readonly productUrl?: string | undefined
  readonly appUrl?: string | undefined
}

export interface VAppPropertyInfo extends DynamicData {
  readonly key: number
  readonly classId?: string | undefined
  readonly instanceId?: string | undefined
  readonly id?: string | undefined
  readonly category?: string | undefined
  readonly label?: string | undefined
  readonly type?: string | undefined
  readonly typeReference?: string | undefined
  readonly userConfigurable?: boolean | undefined
  readonly defaultValue?: string | undefined
  readonly value?: string | undefined
  readonly description?: string | undefined
}

export interface VAppIPAssignmentInfo extends DynamicData {
  readonly supportedAllocationScheme?: readonly string[] | undefined
  readonly ipAllocationPolicy?: string | undefined
  readonly supportedIpProtocol?: readonly string[] | undefined
  readonly ipProtocol?: string | undefined
}

export interface VAppOvfSectionInfo extends DynamicData {
  readonly key?: number | undefined
  readonly namespace?: string | undefined
  readonly type?: string | undefined
  readonly atEnvelopeLevel?: boolean | undefined
  readonly contents?: string | undefined
}

export interface VAppConfigInfo extends VmConfigInfo {
  readonly entityConfig?: readonly VAppEntityConfigInfo[] | undefined
  readonly annotation: string
  readonly instanceUuid?: string | undefined
  readonly managedBy?: ManagedByInfo | undefined
}

export interface VAppEntityConfigInfo extends DynamicData {
  readonly key?: ManagedObjectReference | undefined
  readonly tag?: string | undefined
  readonly startOrder?: number | undefined
  readonly startDelay?: number | undefined
  readonly waitingForGuest?: boolean | undefined
  readonly startAction?: string | undefined
  readonly stopDelay?: number | undefined
  readonly stopAction?: string | undefined
  readonly destroyWithParent?: boolean | undefined
}

export interface FaultToleranceConfigInfo extends DynamicData {
  readonly role: number
  readonly instanceUuids: readonly string[]
  readonly configPaths: readonly string[]
  readonly orphaned?: boolean | undefined
}

export interface FaultTolerancePrimaryConfigInfo extends FaultToleranceConfigInfo {
  readonly secondaries: readonly ManagedObjectReference[]
}

export interface FaultToleranceSecondaryConfigInfo extends FaultToleranceConfigInfo {
  readonly primaryVM: ManagedObjectReference
}

export interface VirtualMachineBootOptionsBootableDevice extends DynamicData {}

export interface VirtualMachineBootOptionsBootableCdromDevice extends VirtualMachineBootOptionsBootableDevice {}

export interface VirtualMachineBootOptionsBootableDiskDevice extends VirtualMachineBootOptionsBootableDevice {
  readonly deviceKey: number
}

export interface VirtualMachineBootOptionsBootableEthernetDevice extends VirtualMachineBootOptionsBootableDevice {
  readonly deviceKey: number
}

export interface VirtualMachineBootOptionsBootableFloppyDevice extends VirtualMachineBootOptionsBootableDevice {}

export interface VirtualMachineConfigSpec extends DynamicData {
  readonly changeVersion?: string | undefined
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly createDate?: string | undefined
  readonly uuid?: string | undefined
  readonly instanceUuid?: string | undefined
  readonly npivNodeWorldWideName?: readonly (number | bigint)[] | undefined
  readonly npivPortWorldWideName?: readonly (number | bigint)[] | undefined
  readonly npivWorldWideNameType?: string | undefined
  readonly npivDesiredNodeWwns?: number | undefined
  readonly npivDesiredPortWwns?: number | undefined
  readonly npivTemporaryDisabled?: boolean | undefined
  readonly npivOnNonRdmDisks?: boolean | undefined
  readonly npivWorldWideNameOp?: string | undefined
  readonly locationId?: string | undefined
  readonly guestId?: string | undefined
  readonly alternateGuestName?: string | undefined
  readonly annotation?: string | undefined
  readonly files?: VirtualMachineFileInfo | undefined
  readonly tools?: ToolsConfigInfo | undefined
  readonly flags?: VirtualMachineFlagInfo | undefined
  readonly consolePreferences?: VirtualMachineConsolePreferences | undefined
  readonly powerOpInfo?: VirtualMachineDefaultPowerOpInfo | undefined
  readonly rebootPowerOff?: boolean | undefined
  readonly numCPUs?: number | undefined
  readonly vcpuConfig?: readonly VirtualMachineVcpuConfig[] | undefined
  readonly numCoresPerSocket?: number | undefined
  readonly memoryMB?: number | bigint | undefined
  readonly memoryHotAddEnabled?: boolean | undefined
  readonly cpuHotAddEnabled?: boolean | undefined
  readonly cpuHotRemoveEnabled?: boolean | undefined
  readonly virtualICH7MPresent?: boolean | undefined
  readonly virtualSMCPresent?: boolean | undefined
  readonly deviceChange?: readonly AnyOf<'VirtualDeviceConfigSpec'>[] | undefined
  readonly cpuAllocation?: ResourceAllocationInfo | undefined
  readonly memoryAllocation?: ResourceAllocationInfo | undefined
  readonly latencySensitivity?: LatencySensitivity | undefined
  readonly cpuAffinity?: VirtualMachineAffinityInfo | undefined
  readonly memoryAffinity?: VirtualMachineAffinityInfo | undefined
  readonly networkShaper?: VirtualMachineNetworkShaperInfo | undefined
  readonly cpuFeatureMask?: readonly VirtualMachineCpuIdInfoSpec[] | undefined
  readonly extraConfig?: readonly AnyOf<'OptionValue'>[] | undefined
  readonly swapPlacement?: string | undefined
  readonly bootOptions?: VirtualMachineBootOptions | undefined
  readonly vAppConfig?: AnyOf<'VmConfigSpec'> | undefined
  readonly ftInfo?: AnyOf<'FaultToleranceConfigInfo'> | undefined
  readonly repConfig?: ReplicationConfigSpec | undefined
  readonly vAppConfigRemoved?: boolean | undefined
  readonly vAssertsEnabled?: boolean | undefined
  readonly changeTrackingEnabled?: boolean | undefined
  readonly firmware?: string | undefined
  readonly maxMksConnections?: number | undefined
  readonly guestAutoLockEnabled?: boolean | undefined
  readonly managedBy?: ManagedByInfo | undefined
  readonly memoryReservationLockedToMax?: boolean | undefined
  readonly nestedHVEnabled?: boolean | undefined
  readonly vPMCEnabled?: boolean | undefined
  readonly scheduledHardwareUpgradeInfo?: ScheduledHardwareUpgradeInfo | undefined
  readonly vmProfile?: readonly AnyOf<'VirtualMachineProfileSpec'>[] | undefined
  readonly messageBusTunnelEnabled?: boolean | undefined
  readonly crypto?: AnyOf<'CryptoSpec'> | undefined
  readonly migrateEncryption?: string | undefined
  readonly sgxInfo?: VirtualMachineSgxInfo | undefined
  readonly ftEncryptionMode?: string | undefined
  readonly guestMonitoringModeInfo?: VirtualMachineGuestMonitoringModeInfo | undefined
  readonly sevEnabled?: boolean | undefined
  readonly virtualNuma?: VirtualMachineVirtualNuma | undefined
  readonly motherboardLayout?: string | undefined
  readonly pmemFailoverEnabled?: boolean | undefined
  readonly vmxStatsCollectionEnabled?: boolean | undefined
  readonly vmOpNotificationToAppEnabled?: boolean | undefined
  readonly vmOpNotificationTimeout?: number | bigint | undefined
  readonly deviceSwap?: VirtualMachineVirtualDeviceSwap | undefined
  readonly simultaneousThreads?: number | undefined
  readonly pmem?: VirtualMachineVirtualPMem | undefined
  readonly deviceGroups?: VirtualMachineVirtualDeviceGroups | undefined
  readonly fixedPassthruHotPlugEnabled?: boolean | undefined
  readonly metroFtEnabled?: boolean | undefined
  readonly metroFtHostGroup?: string | undefined
}

export interface VirtualMachineCpuIdInfoSpec extends ArrayUpdateSpec {
  readonly info?: HostCpuIdInfo | undefined
}

export interface VirtualMachineVirtualNuma extends DynamicData {
  readonly coresPerNumaNode?: number | undefined
  readonly exposeVnumaOnCpuHotadd?: boolean | undefined
}

export interface VmConfigSpec extends DynamicData {
  readonly product?: readonly VAppProductSpec[] | undefined
  readonly property?: readonly VAppPropertySpec[] | undefined
  readonly ipAssignment?: VAppIPAssignmentInfo | undefined
  readonly eula?: readonly string[] | undefined
  readonly ovfSection?: readonly VAppOvfSectionSpec[] | undefined
  readonly ovfEnvironmentTransport?: readonly string[] | undefined
  readonly installBootRequired?: boolean | undefined
  readonly installBootStopDelay?: number | undefined
}

export interface VAppProductSpec extends ArrayUpdateSpec {
  readonly info?: VAppProductInfo | undefined
}

export interface VAppPropertySpec extends ArrayUpdateSpec {
  readonly info?: VAppPropertyInfo | undefined
}

export interface VAppOvfSectionSpec extends ArrayUpdateSpec {
  readonly info?: VAppOvfSectionInfo | undefined
}

export interface VAppConfigSpec extends VmConfigSpec {
  readonly entityConfig?: readonly VAppEntityConfigInfo[] | undefined
  readonly annotation?: string | undefined
  readonly instanceUuid?: string | undefined
  readonly managedBy?: ManagedByInfo | undefined
}

export interface VirtualMachineCloneSpec extends DynamicData {
  readonly location: VirtualMachineRelocateSpec
  readonly template: boolean
  readonly config?: VirtualMachineConfigSpec | undefined
  readonly customization?: Opaque | undefined
  readonly powerOn: boolean
  readonly snapshot?: ManagedObjectReference | undefined
  readonly memory?: boolean | undefined
  readonly tpmProvisionPolicy?: string | undefined
}

export interface VirtualMachineRelocateSpec extends DynamicData {
  readonly service?: ServiceLocator | undefined
  readonly folder?: ManagedObjectReference | undefined
  readonly datastore?: ManagedObjectReference | undefined
  readonly diskMoveType?: string | undefined
  readonly pool?: ManagedObjectReference | undefined
  readonly host?: ManagedObjectReference | undefined
  readonly disk?: readonly VirtualMachineRelocateSpecDiskLocator[] | undefined
  readonly transform?: Enumeration<'VirtualMachineRelocateTransformation'> | undefined
  readonly deviceChange?: readonly AnyOf<'VirtualDeviceConfigSpec'>[] | undefined
  readonly profile?: readonly AnyOf<'VirtualMachineProfileSpec'>[] | undefined
  readonly cryptoSpec?: AnyOf<'CryptoSpec'> | undefined
}

export interface ServiceLocator extends DynamicData {
  readonly instanceUuid: string
  readonly url: string
  readonly credential: AnyOf<'ServiceLocatorCredential'>
  readonly sslThumbprint?: string | undefined
}

export interface VirtualMachineRelocateSpecDiskLocator extends DynamicData {
  readonly diskId: number
  readonly datastore: ManagedObjectReference
  readonly diskMoveType?: string | undefined
  readonly diskBackingInfo?: AnyOf<'VirtualDeviceBackingInfo'> | undefined
  readonly profile?: readonly AnyOf<'VirtualMachineProfileSpec'>[] | undefined
  readonly backing?: VirtualMachineRelocateSpecDiskLocatorBackingSpec | undefined
  readonly filterSpec?: readonly AnyOf<'VirtualMachineBaseIndependentFilterSpec'>[] | undefined
}

export interface VirtualMachineRelocateSpecDiskLocatorBackingSpec extends DynamicData {
  readonly parent?: VirtualMachineRelocateSpecDiskLocatorBackingSpec | undefined
  readonly crypto?: AnyOf<'CryptoSpec'> | undefined
}

export interface ServiceLocatorCredential extends DynamicData {}

export interface ServiceLocatorNamePassword extends ServiceLocatorCredential {
  readonly username: string
  readonly password: string
}

export interface ServiceLocatorSAMLCredential extends ServiceLocatorCredential {
  readonly token?: string | undefined
}

export interface VirtualMachineQuickStats extends DynamicData {
  readonly overallCpuUsage?: number | undefined
  readonly overallCpuDemand?: number | undefined
  readonly overallCpuReadiness?: number | undefined
  readonly guestMemoryUsage?: number | undefined
  readonly hostMemoryUsage?: number | undefined
  readonly guestHeartbeatStatus: Enumeration<'ManagedEntityStatus'>
  readonly distributedCpuEntitlement?: number | undefined
  readonly distributedMemoryEntitlement?: number | undefined
  readonly staticCpuEntitlement?: number | undefined
  readonly staticMemoryEntitlement?: number | undefined
  readonly grantedMemory?: number | undefined
  readonly privateMemory?: number | undefined
  readonly sharedMemory?: number | undefined
  readonly swappedMemory?: number | undefined
  readonly balloonedMemory?: number | undefined
  readonly consumedOverheadMemory?: number | undefined
  readonly ftLogBandwidth?: number | undefined
  readonly ftSecondaryLatency?: number | undefined
  readonly ftLatencyStatus?: Enumeration<'ManagedEntityStatus'> | undefined
  readonly compressedMemory?: number | bigint | undefined
  readonly uptimeSeconds?: number | undefined
  readonly ssdSwappedMemory?: number | bigint | undefined
  readonly activeMemory?: number | undefined
  readonly memoryTierStats?: readonly VirtualMachineQuickStatsMemoryTierStats[] | undefined
}

export interface VirtualMachineQuickStatsMemoryTierStats extends DynamicData {
  readonly memoryTierType: string
  readonly readBandwidth: number | bigint
}

export interface VirtualMachineSummary extends DynamicData {
  readonly vm?: ManagedObjectReference | undefined
  readonly runtime: VirtualMachineRuntimeInfo
  readonly guest?: VirtualMachineGuestSummary | undefined
  readonly config: VirtualMachineConfigSummary
  readonly storage?: VirtualMachineStorageSummary | undefined
  readonly quickStats: VirtualMachineQuickStats
  readonly overallStatus: Enumeration<'ManagedEntityStatus'>
  readonly customValue?: readonly AnyOf<'CustomFieldValue'>[] | undefined
}

export interface VirtualMachineGuestSummary extends DynamicData {
  readonly guestId?: string | undefined
  readonly guestFullName?: string | undefined
  readonly toolsStatus?: Enumeration<'VirtualMachineToolsStatus'> | undefined
  readonly toolsVersionStatus?: string | undefined
  readonly toolsVersionStatus2?: string | undefined
  readonly toolsRunningStatus?: string | undefined
  readonly hostName?: string | undefined
  readonly ipAddress?: string | undefined
  readonly hwVersion?: string | undefined
}

export interface VirtualMachineConfigSummary extends DynamicData {
  readonly name: string
  readonly template: boolean
  readonly vmPathName: string
  readonly memorySizeMB?: number | undefined
  readonly cpuReservation?: number | undefined
  readonly memoryReservation?: number | undefined
  readonly numCpu?: number | undefined
  readonly numEthernetCards?: number | undefined
  readonly numVirtualDisks?: number | undefined
  readonly uuid?: string | undefined
  readonly instanceUuid?: string | undefined
  readonly guestId?: string | undefined
  readonly guestFullName?: string | undefined
  readonly annotation?: string | undefined
  readonly product?: VAppProductInfo | undefined
  readonly installBootRequired?: boolean | undefined
  readonly ftInfo?: AnyOf<'FaultToleranceConfigInfo'> | undefined
  readonly managedBy?: ManagedByInfo | undefined
  readonly tpmPresent?: boolean | undefined
  readonly numVmiopBackings?: number | undefined
  readonly hwVersion?: string | undefined
}

export interface VirtualMachineStorageSummary extends DynamicData {
  readonly committed: number | bigint
  readonly uncommitted: number | bigint
  readonly unshared: number | bigint
  readonly timestamp: string
}

export interface VirtualMachineRuntimeInfo extends DynamicData {
  readonly device?: readonly VirtualMachineDeviceRuntimeInfo[] | undefined
  readonly host?: ManagedObjectReference | undefined
  readonly connectionState: Enumeration<'VirtualMachineConnectionState'>
  readonly powerState: Enumeration<'VirtualMachinePowerState'>
  readonly vmFailoverInProgress?: boolean | undefined
  readonly faultToleranceState?: Enumeration<'VirtualMachineFaultToleranceState'> | undefined
  readonly dasVmProtection?: VirtualMachineRuntimeInfoDasProtectionState | undefined
  readonly toolsInstallerMounted: boolean
  readonly suspendTime?: string | undefined
  readonly bootTime?: string | undefined
  readonly suspendInterval?: number | bigint | undefined
  readonly question?: VirtualMachineQuestionInfo | undefined
  readonly memoryOverhead?: number | bigint | undefined
  readonly maxCpuUsage?: number | undefined
  readonly maxMemoryUsage?: number | undefined
  readonly numMksConnections: number
  readonly recordReplayState?: Enumeration<'VirtualMachineRecordReplayState'> | undefined
  readonly cleanPowerOff?: boolean | undefined
  readonly needSecondaryReason?: string | undefined
  readonly onlineStandby?: boolean | undefined
  readonly minRequiredEVCModeKey?: string | undefined
  readonly consolidationNeeded?: boolean | undefined
  readonly offlineFeatureRequirement?: readonly VirtualMachineFeatureRequirement[] | undefined
  readonly featureRequirement?: readonly VirtualMachineFeatureRequirement[] | undefined
  readonly featureMask?: readonly HostFeatureMask[] | undefined
  readonly vFlashCacheAllocation?: number | bigint | undefined
  readonly paused?: boolean | undefined
  readonly snapshotInBackground?: boolean | undefined
  readonly quiescedForkParent?: boolean | undefined
  readonly instantCloneFrozen?: boolean | undefined
  readonly cryptoState?: string | undefined
  readonly suspendedToMemory?: boolean | undefined
  readonly opNotificationTimeout?: number | bigint | undefined
  readonly iommuActive?: boolean | undefined
}

export interface VirtualMachineDeviceRuntimeInfo extends DynamicData {
  readonly runtimeState: AnyOf<'VirtualMachineDeviceRuntimeInfoDeviceRuntimeState'>
  readonly key: number
}

export interface VirtualMachineRuntimeInfoDasProtectionState extends DynamicData {
  readonly dasProtected: boolean
}

export interface VirtualMachineQuestionInfo extends DynamicData {
  readonly id: string
  readonly text: string
  readonly choice: ChoiceOption
  readonly message?: readonly VirtualMachineMessage[] | undefined
}

export interface VirtualMachineMessage extends DynamicData {
  readonly id: string
  readonly argument?: readonly unknown[] | undefined
  readonly text?: string | undefined
}

export interface HostFeatureMask extends DynamicData {
  readonly key: string
  readonly featureName: string
  readonly value: string
}

export interface VirtualMachineDeviceRuntimeInfoDeviceRuntimeState extends DynamicData {}

export interface VirtualMachineDeviceRuntimeInfoVirtualEthernetCardRuntimeState extends VirtualMachineDeviceRuntimeInfoDeviceRuntimeState {
  readonly vmDirectPathGen2Active?: boolean | undefined
  readonly vmDirectPathGen2InactiveReasonVm?: readonly string[] | undefined
  readonly vmDirectPathGen2InactiveReasonOther?: readonly string[] | undefined
  readonly vmDirectPathGen2InactiveReasonExtended?: string | undefined
  readonly uptv2Active?: boolean | undefined
  readonly uptv2InactiveReasonVm?: readonly string[] | undefined
  readonly uptv2InactiveReasonOther?: readonly string[] | undefined
  readonly reservationStatus?: string | undefined
  readonly attachmentStatus?: string | undefined
  readonly featureRequirement?: readonly VirtualMachineFeatureRequirement[] | undefined
}

export interface VirtualMachineCapability extends DynamicData {
  readonly snapshotOperationsSupported: boolean
  readonly multipleSnapshotsSupported: boolean
  readonly snapshotConfigSupported: boolean
  readonly poweredOffSnapshotsSupported: boolean
  readonly memorySnapshotsSupported: boolean
  readonly revertToSnapshotSupported: boolean
  readonly quiescedSnapshotsSupported: boolean
  readonly disableSnapshotsSupported: boolean
  readonly lockSnapshotsSupported: boolean
  readonly consolePreferencesSupported: boolean
  readonly cpuFeatureMaskSupported: boolean
  readonly s1AcpiManagementSupported: boolean
  readonly settingScreenResolutionSupported: boolean
  readonly toolsAutoUpdateSupported: boolean
  readonly vmNpivWwnSupported: boolean
  readonly npivWwnOnNonRdmVmSupported: boolean
  readonly vmNpivWwnDisableSupported?: boolean | undefined
  readonly vmNpivWwnUpdateSupported?: boolean | undefined
  readonly swapPlacementSupported: boolean
  readonly toolsSyncTimeSupported: boolean
  readonly virtualMmuUsageSupported: boolean
  readonly diskSharesSupported: boolean
  readonly bootOptionsSupported: boolean
  readonly bootRetryOptionsSupported?: boolean | undefined
  readonly settingVideoRamSizeSupported: boolean
  readonly settingDisplayTopologySupported?: boolean | undefined
  readonly recordReplaySupported?: boolean | undefined
  readonly changeTrackingSupported?: boolean | undefined
  readonly multipleCoresPerSocketSupported?: boolean | undefined
  readonly hostBasedReplicationSupported?: boolean | undefined
  readonly guestAutoLockSupported?: boolean | undefined
  readonly memoryReservationLockSupported?: boolean | undefined
  readonly featureRequirementSupported?: boolean | undefined
  readonly poweredOnMonitorTypeChangeSupported?: boolean | undefined
  readonly seSparseDiskSupported?: boolean | undefined
  readonly nestedHVSupported?: boolean | undefined
  readonly vPMCSupported?: boolean | undefined
  readonly secureBootSupported?: boolean | undefined
  readonly perVmEvcSupported?: boolean | undefined
  readonly virtualMmuUsageIgnored?: boolean | undefined
  readonly virtualExecUsageIgnored?: boolean | undefined
  readonly diskOnlySnapshotOnSuspendedVMSupported?: boolean | undefined
  readonly suspendToMemorySupported?: boolean | undefined
  readonly toolsSyncTimeAllowSupported?: boolean | undefined
  readonly sevSupported?: boolean | undefined
  readonly pmemFailoverSupported?: boolean | undefined
  readonly requireSgxAttestationSupported?: boolean | undefined
  readonly changeModeDisksSupported?: boolean | undefined
  readonly vendorDeviceGroupSupported?: boolean | undefined
}

export interface VirtualMachineTicket extends DynamicData {
  readonly ticket: string
  readonly cfgFile: string
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly sslThumbprint?: string | undefined
  readonly certThumbprintList?: readonly VirtualMachineCertThumbprint[] | undefined
  readonly url?: string | undefined
}

export interface VirtualMachineMksTicket extends DynamicData {
  readonly ticket: string
  readonly cfgFile: string
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly sslThumbprint?: string | undefined
}

export interface ClusterPowerOnVmResult extends DynamicData {
  readonly attempted?: readonly ClusterAttemptedVmInfo[] | undefined
  readonly notAttempted?: readonly ClusterNotAttemptedVmInfo[] | undefined
  readonly recommendations?: readonly ClusterRecommendation[] | undefined
}

export interface ClusterAttemptedVmInfo extends DynamicData {
  readonly vm: ManagedObjectReference
  readonly task?: ManagedObjectReference | undefined
}

export interface ClusterNotAttemptedVmInfo extends DynamicData {
  readonly vm: ManagedObjectReference
  readonly fault: LocalizedMethodFault
}

export interface ClusterRecommendation extends DynamicData {
  readonly key: string
  readonly type: string
  readonly time: string
  readonly rating: number
  readonly reason: string
  readonly reasonText: string
  readonly warningText?: string | undefined
  readonly warningDetails?: LocalizableMessage | undefined
  readonly prerequisite?: readonly string[] | undefined
  readonly action?: readonly AnyOf<'ClusterAction'>[] | undefined
  readonly target?: ManagedObjectReference | undefined
}

export interface VirtualMachineSnapshotInfo extends DynamicData {
  readonly currentSnapshot?: ManagedObjectReference | undefined
  readonly rootSnapshotList: readonly VirtualMachineSnapshotTree[]
}

export interface VirtualMachineSnapshotTree extends DynamicData {
  readonly snapshot: ManagedObjectReference
  readonly vm: ManagedObjectReference
  readonly name: string
  readonly description: string
  readonly id?: number | undefined
  readonly createTime: string
  readonly state: Enumeration<'VirtualMachinePowerState'>
  readonly quiesced: boolean
  readonly backupManifest?: string | undefined
  readonly childSnapshotList?: readonly VirtualMachineSnapshotTree[] | undefined
  readonly replaySupported?: boolean | undefined
}

export interface VirtualMachineGuestQuiesceSpec extends DynamicData {
  readonly timeout?: number | undefined
}

export interface VirtualMachineWindowsQuiesceSpec extends VirtualMachineGuestQuiesceSpec {
  readonly vssBackupType?: number | undefined
  readonly vssBootableSystemState?: boolean | undefined
  readonly vssPartialFileSupport?: boolean | undefined
  readonly vssBackupContext?: string | undefined
}

export interface VirtualMachineFileLayout extends DynamicData {
  readonly configFile?: readonly string[] | undefined
  readonly logFile?: readonly string[] | undefined
  readonly disk?: readonly VirtualMachineFileLayoutDiskLayout[] | undefined
  readonly snapshot?: readonly VirtualMachineFileLayoutSnapshotLayout[] | undefined
  readonly swapFile?: string | undefined
}

export interface VirtualMachineFileLayoutDiskLayout extends DynamicData {
  readonly key: number
  readonly diskFile: readonly string[]
}

export interface VirtualMachineFileLayoutSnapshotLayout extends DynamicData {
  readonly key: ManagedObjectReference
  readonly snapshotFile: readonly string[]
}

export interface VirtualMachineFileLayoutEx extends DynamicData {
  readonly file?: readonly VirtualMachineFileLayoutExFileInfo[] | undefined
  readonly disk?: readonly VirtualMachineFileLayoutExDiskLayout[] | undefined
  readonly snapshot?: readonly VirtualMachineFileLayoutExSnapshotLayout[] | undefined
  readonly timestamp: string
}

export interface VirtualMachineFileLayoutExFileInfo extends DynamicData {
  readonly key: number
  readonly name: string
  readonly type: string
  readonly size: number | bigint
  readonly uniqueSize?: number | bigint | undefined
  readonly backingObjectId?: string | undefined
  readonly accessible?: boolean | undefined
}

export interface VirtualMachineFileLayoutExDiskLayout extends DynamicData {
  readonly key: number
  readonly chain?: readonly VirtualMachineFileLayoutExDiskUnit[] | undefined
}

export interface VirtualMachineFileLayoutExDiskUnit extends DynamicData {
  readonly fileKey: readonly number[]
}

export interface VirtualMachineFileLayoutExSnapshotLayout extends DynamicData {
  readonly key: ManagedObjectReference
  readonly dataKey: number
  readonly memoryKey?: number | undefined
  readonly disk?: readonly VirtualMachineFileLayoutExDiskLayout[] | undefined
}

export interface VirtualMachineStorageInfo extends DynamicData {
  readonly perDatastoreUsage?: readonly VirtualMachineUsageOnDatastore[] | undefined
  readonly timestamp: string
}

export interface VirtualMachineUsageOnDatastore extends DynamicData {
  readonly datastore: ManagedObjectReference
  readonly committed: number | bigint
  readonly uncommitted: number | bigint
  readonly unshared: number | bigint
}

export interface SnapshotSelectionSpec extends DynamicData {
  readonly retentionDays?: number | undefined
}

export interface GuestInfo extends DynamicData {
  readonly toolsStatus?: Enumeration<'VirtualMachineToolsStatus'> | undefined
  readonly toolsVersionStatus?: string | undefined
  readonly toolsVersionStatus2?: string | undefined
  readonly toolsRunningStatus?: string | undefined
  readonly toolsVersion?: string | undefined
  readonly toolsInstallType?: string | undefined
  readonly guestId?: string | undefined
  readonly guestFamily?: string | undefined
  readonly guestFullName?: string | undefined
  readonly guestDetailedData?: string | undefined
  readonly hostName?: string | undefined
  readonly ipAddress?: string | undefined
  readonly net?: readonly GuestNicInfo[] | undefined
  readonly ipStack?: readonly GuestStackInfo[] | undefined
  readonly disk?: readonly GuestDiskInfo[] | undefined
  readonly screen?: GuestScreenInfo | undefined
  readonly guestState: string
  readonly appHeartbeatStatus?: string | undefined
  readonly guestKernelCrashed?: boolean | undefined
  readonly appState?: string | undefined
  readonly guestOperationsReady?: boolean | undefined
  readonly interactiveGuestOperationsReady?: boolean | undefined
  readonly guestStateChangeSupported?: boolean | undefined
  readonly generationInfo?: readonly GuestInfoNamespaceGenerationInfo[] | undefined
  readonly hwVersion?: string | undefined
  readonly customizationInfo?: GuestInfoCustomizationInfo | undefined
}

export interface GuestNicInfo extends DynamicData {
  readonly network?: string | undefined
  readonly ipAddress?: readonly string[] | undefined
  readonly macAddress?: string | undefined
  readonly connected: boolean
  readonly deviceConfigId: number
  readonly dnsConfig?: NetDnsConfigInfo | undefined
  readonly ipConfig?: NetIpConfigInfo | undefined
  readonly netBIOSConfig?: AnyOf<'NetBIOSConfigInfo'> | undefined
}

export interface NetDnsConfigInfo extends DynamicData {
  readonly dhcp: boolean
  readonly hostName: string
  readonly domainName: string
  readonly ipAddress?: readonly string[] | undefined
  readonly searchDomain?: readonly string[] | undefined
}

export interface NetIpConfigInfo extends DynamicData {
  readonly ipAddress?: readonly NetIpConfigInfoIpAddress[] | undefined
  readonly dhcp?: NetDhcpConfigInfo | undefined
  readonly autoConfigurationEnabled?: boolean | undefined
}

export interface NetIpConfigInfoIpAddress extends DynamicData {
  readonly ipAddress: string
  readonly prefixLength: number
  readonly origin?: string | undefined
  readonly state?: string | undefined
  readonly lifetime?: string | undefined
}

export interface NetDhcpConfigInfo extends DynamicData {
  readonly ipv6?: NetDhcpConfigInfoDhcpOptions | undefined
  readonly ipv4?: NetDhcpConfigInfoDhcpOptions | undefined
}

export interface NetDhcpConfigInfoDhcpOptions extends DynamicData {
  readonly enable: boolean
  readonly config?: readonly KeyValue[] | undefined
}

export interface NetBIOSConfigInfo extends DynamicData {
  readonly mode: string
}

export interface GuestStackInfo extends DynamicData {
  readonly dnsConfig?: NetDnsConfigInfo | undefined
  readonly ipRouteConfig?: NetIpRouteConfigInfo | undefined
  readonly ipStackConfig?: readonly KeyValue[] | undefined
  readonly dhcpConfig?: NetDhcpConfigInfo | undefined
}

export interface NetIpRouteConfigInfo extends DynamicData {
  readonly ipRoute?: readonly NetIpRouteConfigInfoIpRoute[] | undefined
}

export interface NetIpRouteConfigInfoIpRoute extends DynamicData {
  readonly network: string
  readonly prefixLength: number
  readonly gateway: NetIpRouteConfigInfoGateway
}

export interface NetIpRouteConfigInfoGateway extends DynamicData {
  readonly ipAddress?: string | undefined
  readonly device?: string | undefined
}

export interface GuestDiskInfo extends DynamicData {
  readonly diskPath?: string | undefined
  readonly capacity?: number | bigint | undefined
  readonly freeSpace?: number | bigint | undefined
  readonly filesystemType?: string | undefined
  readonly mappings?: readonly GuestInfoVirtualDiskMapping[] | undefined
}

export interface GuestInfoVirtualDiskMapping extends DynamicData {
  readonly key: number
}

export interface GuestScreenInfo extends DynamicData {
  readonly width: number
  readonly height: number
}

export interface GuestInfoNamespaceGenerationInfo extends DynamicData {
  readonly key: string
  readonly generationNo: number
}

export interface GuestInfoCustomizationInfo extends DynamicData {
  readonly customizationStatus: string
  readonly startTime?: string | undefined
  readonly endTime?: string | undefined
  readonly errorMsg?: string | undefined
}

export interface GuestAuthentication extends DynamicData {
  readonly interactiveSession: boolean
}

export interface NamePasswordAuthentication extends GuestAuthentication {
  readonly username: string
  readonly password: string
}

export interface GuestProgramSpec extends DynamicData {
  readonly programPath: string
  readonly arguments: string
  readonly workingDirectory?: string | undefined
  readonly envVariables?: readonly string[] | undefined
}

export interface GuestWindowsProgramSpec extends GuestProgramSpec {
  readonly startMinimized: boolean
}

export interface GuestProcessInfo extends DynamicData {
  readonly name: string
  readonly pid: number | bigint
  readonly owner: string
  readonly cmdLine: string
  readonly startTime: string
  readonly endTime?: string | undefined
  readonly exitCode?: number | undefined
}

export interface GuestFileAttributes extends DynamicData {
  readonly modificationTime?: string | undefined
  readonly accessTime?: string | undefined
  readonly symlinkTarget?: string | undefined
}

export interface GuestPosixFileAttributes extends GuestFileAttributes {
  readonly ownerId?: number | undefined
  readonly groupId?: number | undefined
  readonly permissions?: number | bigint | undefined
}

export interface GuestWindowsFileAttributes extends GuestFileAttributes {
  readonly hidden?: boolean | undefined
  readonly readOnly?: boolean | undefined
  readonly createTime?: string | undefined
}

export interface FileTransferInformation extends DynamicData {
  readonly attributes: AnyOf<'GuestFileAttributes'>
  readonly size: number | bigint
  readonly url: string
}

export interface DatastoreSummary extends DynamicData {
  readonly datastore?: ManagedObjectReference | undefined
  readonly name: string
  readonly url: string
  readonly capacity: number | bigint
  readonly freeSpace: number | bigint
  readonly uncommitted?: number | bigint | undefined
  readonly accessible: boolean
  readonly multipleHostAccess?: boolean | undefined
  readonly type: string
  readonly maintenanceMode?: string | undefined
}

export interface DatastoreCapability extends DynamicData {
  readonly directoryHierarchySupported: boolean
  readonly rawDiskMappingsSupported: boolean
  readonly perFileThinProvisioningSupported: boolean
  readonly storageIORMSupported?: boolean | undefined
  readonly nativeSnapshotSupported?: boolean | undefined
  readonly topLevelDirectoryCreateSupported?: boolean | undefined
  readonly seSparseSupported?: boolean | undefined
  readonly vmfsSparseSupported?: boolean | undefined
  readonly vsanSparseSupported?: boolean | undefined
  readonly upitSupported?: boolean | undefined
  readonly vmdkExpandSupported?: boolean | undefined
  readonly clusteredVmdkSupported?: boolean | undefined
}

export interface DatastoreInfo extends DynamicData {
  readonly name: string
  readonly url: string
  readonly freeSpace: number | bigint
  readonly maxFileSize: number | bigint
  readonly maxVirtualDiskCapacity?: number | bigint | undefined
  readonly maxMemoryFileSize?: number | bigint | undefined
  readonly timestamp?: string | undefined
  readonly containerId?: string | undefined
  readonly aliasOf?: string | undefined
}

export interface LocalDatastoreInfo extends DatastoreInfo {
  readonly path?: string | undefined
}

export interface NasDatastoreInfo extends DatastoreInfo {
  readonly nas?: HostNasVolume | undefined
}

export interface PMemDatastoreInfo extends DatastoreInfo {
  readonly pmem: HostPMemVolume
}

export interface VmfsDatastoreInfo extends DatastoreInfo {
  readonly maxPhysicalRDMFileSize?: number | bigint | undefined
  readonly maxVirtualRDMFileSize?: number | bigint | undefined
  readonly vmfs?: HostVmfsVolume | undefined
}

export interface VsanDatastoreInfo extends DatastoreInfo {
  readonly membershipUuid?: string | undefined
  readonly accessGenNo?: number | undefined
}

export interface VvolDatastoreInfo extends DatastoreInfo {
  readonly vvolDS?: HostVvolVolume | undefined
}

export interface HostFileSystemVolume extends DynamicData {
  readonly type: string
  readonly name: string
  readonly capacity: number | bigint
}

export interface HostLocalFileSystemVolume extends HostFileSystemVolume {
  readonly device: string
}

export interface HostNasVolume extends HostFileSystemVolume {
  readonly remoteHost: string
  readonly remotePath: string
  readonly userName?: string | undefined
  readonly remoteHostNames?: readonly string[] | undefined
  readonly securityType?: string | undefined
  readonly protocolEndpoint?: boolean | undefined
}

export interface HostPMemVolume extends HostFileSystemVolume {
  readonly uuid: string
  readonly version: string
}

export interface HostVfatVolume extends HostFileSystemVolume {}

export interface HostVffsVolume extends HostFileSystemVolume {
  readonly majorVersion: number
  readonly version: string
  readonly uuid: string
  readonly extent: readonly HostScsiDiskPartition[]
}

export interface HostScsiDiskPartition extends DynamicData {
  readonly diskName: string
  readonly partition: number
}

export interface HostVmfsVolume extends HostFileSystemVolume {
  readonly blockSizeMb: number
  readonly blockSize?: number | undefined
  readonly unmapGranularity?: number | undefined
  readonly unmapPriority?: string | undefined
  readonly unmapBandwidthSpec?: VmfsUnmapBandwidthSpec | undefined
  readonly maxBlocks: number
  readonly majorVersion: number
  readonly version: string
  readonly uuid: string
  readonly extent: readonly HostScsiDiskPartition[]
  readonly vmfsUpgradable: boolean
  readonly forceMountedInfo?: HostForceMountedInfo | undefined
  readonly ssd?: boolean | undefined
  readonly local?: boolean | undefined
  readonly scsiDiskType?: string | undefined
}

export interface VmfsUnmapBandwidthSpec extends DynamicData {
  readonly policy: string
  readonly fixedValue: number | bigint
  readonly dynamicMin: number | bigint
  readonly dynamicMax: number | bigint
}

export interface HostForceMountedInfo extends DynamicData {
  readonly persist: boolean
  readonly mounted: boolean
}

export interface HostVvolVolume extends HostFileSystemVolume {
  readonly scId: string
  readonly hostPE?: readonly VVolHostPE[] | undefined
  readonly hostVvolNQN?: readonly HostVvolVolumeHostVvolNQN[] | undefined
  readonly vasaProviderInfo?: readonly Opaque[] | undefined
  readonly storageArray?: readonly VASAStorageArray[] | undefined
  readonly protocolEndpointType?: string | undefined
  readonly vvolNQNFieldsAvailable?: boolean | undefined
  readonly stretched?: boolean | undefined
}

export interface VVolHostPE extends DynamicData {
  readonly key: ManagedObjectReference
  readonly protocolEndpoint: readonly Opaque[]
}

export interface HostVvolVolumeHostVvolNQN extends DynamicData {
  readonly host?: ManagedObjectReference | undefined
  readonly vvolNQN?: readonly HostVvolNQN[] | undefined
}

export interface HostVvolNQN extends DynamicData {
  readonly targetNQN: string
  readonly storageArray: string
  readonly online: boolean
}

export interface VASAStorageArray extends DynamicData {
  readonly name: string
  readonly uuid: string
  readonly vendorId: string
  readonly modelId: string
  readonly discoverySvcInfo?: readonly VASAStorageArrayDiscoverySvcInfo[] | undefined
}

export interface VASAStorageArrayDiscoverySvcInfo extends DynamicData {
  readonly portType: string
  readonly svcNqn: string
  readonly ipInfo?: VASAStorageArrayDiscoveryIpTransport | undefined
  readonly fcInfo?: VASAStorageArrayDiscoveryFcTransport | undefined
}

export interface VASAStorageArrayDiscoveryIpTransport extends DynamicData {
  readonly ipAddress: string
  readonly portNumber?: string | undefined
}

export interface VASAStorageArrayDiscoveryFcTransport extends DynamicData {
  readonly nodeWwn: string
  readonly portWwn: string
}

export interface DatastoreHostMount extends DynamicData {
  readonly key: ManagedObjectReference
  readonly mountInfo: HostMountInfo
}

export interface HostMountInfo extends DynamicData {
  readonly path?: string | undefined
  readonly accessMode: string
  readonly mounted?: boolean | undefined
  readonly accessible?: boolean | undefined
  readonly inaccessibleReason?: string | undefined
  readonly vmknicName?: string | undefined
  readonly vmknicActive?: boolean | undefined
  readonly mountFailedReason?: string | undefined
  readonly numTcpConnections?: number | undefined
}

export interface StorageIORMInfo extends DynamicData {
  readonly enabled: boolean
  readonly congestionThresholdMode?: string | undefined
  readonly congestionThreshold: number
  readonly percentOfPeakThroughput?: number | undefined
  readonly statsCollectionEnabled?: boolean | undefined
  readonly reservationEnabled?: boolean | undefined
  readonly statsAggregationDisabled?: boolean | undefined
  readonly reservableIopsThreshold?: number | undefined
}

export interface HostDatastoreBrowserSearchSpec extends DynamicData {
  readonly query?: readonly AnyOf<'FileQuery'>[] | undefined
  readonly details?: FileQueryFlags | undefined
  readonly searchCaseInsensitive?: boolean | undefined
  readonly matchPattern?: readonly string[] | undefined
  readonly sortFoldersFirst?: boolean | undefined
}

export interface FileQueryFlags extends DynamicData {
  readonly fileType: boolean
  readonly fileSize: boolean
  readonly modification: boolean
  readonly fileOwner?: boolean | undefined
}

export interface HostDatastoreBrowserSearchResults extends DynamicData {
  readonly datastore?: ManagedObjectReference | undefined
  readonly folderPath?: string | undefined
  readonly file?: readonly AnyOf<'FileInfo'>[] | undefined
}

export interface FileInfo extends DynamicData {
  readonly path: string
  readonly friendlyName?: string | undefined
  readonly fileSize?: number | bigint | undefined
  readonly modification?: string | undefined
  readonly owner?: string | undefined
}

export interface FloppyImageFileInfo extends FileInfo {}

export interface FolderFileInfo extends FileInfo {}

export interface IsoImageFileInfo extends FileInfo {}

export interface VmConfigFileInfo extends FileInfo {
  readonly configVersion?: number | undefined
  readonly encryption?: VmConfigFileEncryptionInfo | undefined
}

export interface VmConfigFileEncryptionInfo extends DynamicData {
  readonly keyId?: CryptoKeyId | undefined
}

export interface TemplateConfigFileInfo extends VmConfigFileInfo {}

export interface VmDiskFileInfo extends FileInfo {
  readonly diskType?: string | undefined
  readonly capacityKb?: number | bigint | undefined
  readonly hardwareVersion?: number | undefined
  readonly controllerType?: string | undefined
  readonly diskExtents?: readonly string[] | undefined
  readonly thin?: boolean | undefined
  readonly encryption?: VmDiskFileEncryptionInfo | undefined
}

export interface VmDiskFileEncryptionInfo extends DynamicData {
  readonly keyId?: CryptoKeyId | undefined
}

export interface VmLogFileInfo extends FileInfo {}

export interface VmNvramFileInfo extends FileInfo {}

export interface VmSnapshotFileInfo extends FileInfo {}

export interface FileQuery extends DynamicData {}

export interface FloppyImageFileQuery extends FileQuery {}

export interface FolderFileQuery extends FileQuery {}

export interface IsoImageFileQuery extends FileQuery {}

export interface VmConfigFileQuery extends FileQuery {
  readonly filter?: VmConfigFileQueryFilter | undefined
  readonly details?: VmConfigFileQueryFlags | undefined
}

export interface VmConfigFileQueryFilter extends DynamicData {
  readonly matchConfigVersion?: readonly number[] | undefined
  readonly encrypted?: boolean | undefined
}

export interface VmConfigFileQueryFlags extends DynamicData {
  readonly configVersion: boolean
  readonly encryption?: boolean | undefined
}

export interface TemplateConfigFileQuery extends VmConfigFileQuery {}

export interface VmDiskFileQuery extends FileQuery {
  readonly filter?: VmDiskFileQueryFilter | undefined
  readonly details?: VmDiskFileQueryFlags | undefined
}

export interface VmDiskFileQueryFilter extends DynamicData {
  readonly diskType?: readonly string[] | undefined
  readonly matchHardwareVersion?: readonly number[] | undefined
  readonly controllerType?: readonly string[] | undefined
  readonly thin?: boolean | undefined
  readonly encrypted?: boolean | undefined
}

export interface VmDiskFileQueryFlags extends DynamicData {
  readonly diskType: boolean
  readonly capacityKb: boolean
  readonly hardwareVersion: boolean
  readonly controllerType?: boolean | undefined
  readonly diskExtents?: boolean | undefined
  readonly thin?: boolean | undefined
  readonly encryption?: boolean | undefined
}

export interface VmLogFileQuery extends FileQuery {}

export interface VmNvramFileQuery extends FileQuery {}

export interface VmSnapshotFileQuery extends FileQuery {}

export interface HostListSummary extends DynamicData {
  readonly host?: ManagedObjectReference | undefined
  readonly hardware?: HostHardwareSummary | undefined
  readonly runtime?: HostRuntimeInfo | undefined
  readonly config: HostConfigSummary
  readonly quickStats: HostListSummaryQuickStats
  readonly overallStatus: Enumeration<'ManagedEntityStatus'>
  readonly rebootRequired: boolean
  readonly customValue?: readonly AnyOf<'CustomFieldValue'>[] | undefined
  readonly managementServerIp?: string | undefined
  readonly maxEVCModeKey?: string | undefined
  readonly currentEVCModeKey?: string | undefined
  readonly currentEVCGraphicsModeKey?: string | undefined
  readonly gateway?: HostListSummaryGatewaySummary | undefined
  readonly tpmAttestation?: HostTpmAttestationInfo | undefined
  readonly trustAuthorityAttestationInfos?: readonly HostTrustAuthorityAttestationInfo[] | undefined
}

export interface HostHardwareSummary extends DynamicData {
  readonly vendor: string
  readonly model: string
  readonly uuid: string
  readonly otherIdentifyingInfo?: readonly HostSystemIdentificationInfo[] | undefined
  readonly memorySize: number | bigint
  readonly cpuModel: string
  readonly cpuMhz: number
  readonly numCpuPkgs: number
  readonly numCpuCores: number
  readonly numCpuThreads: number
  readonly numNics: number
  readonly numHBAs: number
}

export interface HostSystemIdentificationInfo extends DynamicData {
  readonly identifierValue: string
  readonly identifierType: AnyOf<'ElementDescription'>
}

export interface HostRuntimeInfo extends DynamicData {
  readonly connectionState: Enumeration<'HostSystemConnectionState'>
  readonly powerState: Enumeration<'HostSystemPowerState'>
  readonly standbyMode?: string | undefined
  readonly inMaintenanceMode: boolean
  readonly inQuarantineMode?: boolean | undefined
  readonly bootTime?: string | undefined
  readonly healthSystemRuntime?: HealthSystemRuntime | undefined
  readonly dasHostState?: ClusterDasFdmHostState | undefined
  readonly tpmPcrValues?: readonly HostTpmDigestInfo[] | undefined
  readonly vsanRuntimeInfo?: VsanHostRuntimeInfo | undefined
  readonly networkRuntimeInfo?: HostRuntimeInfoNetworkRuntimeInfo | undefined
  readonly vFlashResourceRuntimeInfo?: HostVFlashManagerVFlashResourceRunTimeInfo | undefined
  readonly hostMaxVirtualDiskCapacity?: number | bigint | undefined
  readonly cryptoState?: string | undefined
  readonly cryptoKeyId?: CryptoKeyId | undefined
  readonly statelessNvdsMigrationReady?: string | undefined
  readonly partialMaintenanceMode?: readonly HostPartialMaintenanceModeRuntimeInfo[] | undefined
  readonly stateEncryption?: HostRuntimeInfoStateEncryptionInfo | undefined
}

export interface HealthSystemRuntime extends DynamicData {
  readonly systemHealthInfo?: HostSystemHealthInfo | undefined
  readonly hardwareStatusInfo?: HostHardwareStatusInfo | undefined
}

export interface HostSystemHealthInfo extends DynamicData {
  readonly numericSensorInfo?: readonly HostNumericSensorInfo[] | undefined
}

export interface HostNumericSensorInfo extends DynamicData {
  readonly name: string
  readonly healthState?: AnyOf<'ElementDescription'> | undefined
  readonly currentReading: number | bigint
  readonly unitModifier: number
  readonly baseUnits: string
  readonly rateUnits?: string | undefined
  readonly sensorType: string
  readonly id?: string | undefined
  readonly sensorNumber?: number | bigint | undefined
  readonly timeStamp?: string | undefined
  readonly fru?: HostFru | undefined
}

export interface HostFru extends DynamicData {
  readonly type: string
  readonly partName: string
  readonly partNumber: string
  readonly manufacturer: string
  readonly serialNumber?: string | undefined
  readonly mfgTimeStamp?: string | undefined
}

export interface HostHardwareStatusInfo extends DynamicData {
  readonly memoryStatusInfo?: readonly AnyOf<'HostHardwareElementInfo'>[] | undefined
  readonly cpuStatusInfo?: readonly AnyOf<'HostHardwareElementInfo'>[] | undefined
  readonly storageStatusInfo?: readonly HostStorageElementInfo[] | undefined
  readonly dpuStatusInfo?: readonly DpuStatusInfo[] | undefined
}

export interface ClusterDasFdmHostState extends DynamicData {
  readonly state: string
  readonly stateReporter?: ManagedObjectReference | undefined
}

export interface VsanHostRuntimeInfo extends DynamicData {
  readonly membershipList?: readonly VsanHostMembershipInfo[] | undefined
  readonly diskIssues?: readonly VsanHostRuntimeInfoDiskIssue[] | undefined
  readonly accessGenNo?: number | undefined
}

export interface VsanHostMembershipInfo extends DynamicData {
  readonly nodeUuid: string
  readonly hostname: string
}

export interface VsanHostRuntimeInfoDiskIssue extends DynamicData {
  readonly diskId: string
  readonly issue: string
}

export interface HostRuntimeInfoNetworkRuntimeInfo extends DynamicData {
  readonly netStackInstanceRuntimeInfo?: readonly HostRuntimeInfoNetStackInstanceRuntimeInfo[] | undefined
  readonly networkResourceRuntime?: HostNetworkResourceRuntime | undefined
}

export interface HostRuntimeInfoNetStackInstanceRuntimeInfo extends DynamicData {
  readonly netStackInstanceKey: string
  readonly state?: string | undefined
  readonly vmknicKeys?: readonly string[] | undefined
  readonly maxNumberOfConnections?: number | undefined
  readonly currentIpV6Enabled?: boolean | undefined
}

export interface HostNetworkResourceRuntime extends DynamicData {
  readonly pnicResourceInfo: readonly HostPnicNetworkResourceInfo[]
}

export interface HostPnicNetworkResourceInfo extends DynamicData {
  readonly pnicDevice: string
  readonly availableBandwidthForVMTraffic?: number | bigint | undefined
  readonly unusedBandwidthForVMTraffic?: number | bigint | undefined
  readonly placedVirtualNics?: readonly HostPlacedVirtualNicIdentifier[] | undefined
}

export interface HostPlacedVirtualNicIdentifier extends DynamicData {
  readonly vm: ManagedObjectReference
  readonly vnicKey: string
  readonly reservation?: number | undefined
}

export interface HostVFlashManagerVFlashResourceRunTimeInfo extends DynamicData {
  readonly usage: number | bigint
  readonly capacity: number | bigint
  readonly accessible: boolean
  readonly capacityForVmCache: number | bigint
  readonly freeForVmCache: number | bigint
}

export interface HostPartialMaintenanceModeRuntimeInfo extends DynamicData {
  readonly key: string
  readonly hostStatus: string
}

export interface HostRuntimeInfoStateEncryptionInfo extends DynamicData {
  readonly protectionMode: string
  readonly requireSecureBoot?: boolean | undefined
  readonly requireExecInstalledOnly?: boolean | undefined
}

export interface HostConfigSummary extends DynamicData {
  readonly name: string
  readonly port: number
  readonly sslThumbprint?: string | undefined
  readonly product?: AboutInfo | undefined
  readonly vmotionEnabled: boolean
  readonly faultToleranceEnabled?: boolean | undefined
  readonly featureVersion?: readonly HostFeatureVersionInfo[] | undefined
  readonly agentVmDatastore?: ManagedObjectReference | undefined
  readonly agentVmNetwork?: ManagedObjectReference | undefined
}

export interface HostFeatureVersionInfo extends DynamicData {
  readonly key: string
  readonly value: string
}

export interface HostListSummaryQuickStats extends DynamicData {
  readonly overallCpuUsage?: number | undefined
  readonly overallMemoryUsage?: number | undefined
  readonly distributedCpuFairness?: number | undefined
  readonly distributedMemoryFairness?: number | undefined
  readonly availablePMemCapacity?: number | undefined
  readonly uptime?: number | undefined
}

export interface HostListSummaryGatewaySummary extends DynamicData {
  readonly gatewayType: string
  readonly gatewayId: string
}

export interface HostTpmAttestationInfo extends DynamicData {
  readonly time: string
  readonly status: Enumeration<'HostTpmAttestationInfoAcceptanceStatus'>
  readonly message?: LocalizableMessage | undefined
}

export interface HostTrustAuthorityAttestationInfo extends DynamicData {
  readonly attestationStatus: string
  readonly serviceId?: string | undefined
  readonly attestedAt?: string | undefined
  readonly attestedUntil?: string | undefined
  readonly messages?: readonly LocalizableMessage[] | undefined
}

export interface HostConfigInfo extends DynamicData {
  readonly host: ManagedObjectReference
  readonly product: AboutInfo
  readonly deploymentInfo?: Opaque | undefined
  readonly hyperThread?: Opaque | undefined
  readonly cpuScheduler?: Opaque | undefined
  readonly consoleReservation?: Opaque | undefined
  readonly virtualMachineReservation?: Opaque | undefined
  readonly storageDevice?: Opaque | undefined
  readonly multipathState?: Opaque | undefined
  readonly fileSystemVolume?: Opaque | undefined
  readonly systemFile?: readonly string[] | undefined
  readonly network?: Opaque | undefined
  readonly vmotion?: Opaque | undefined
  readonly virtualNicManagerInfo?: HostVirtualNicManagerInfo | undefined
  readonly capabilities?: Opaque | undefined
  readonly datastoreCapabilities?: Opaque | undefined
  readonly offloadCapabilities?: HostNetOffloadCapabilities | undefined
  readonly service?: Opaque | undefined
  readonly firewall?: Opaque | undefined
  readonly autoStart?: Opaque | undefined
  readonly activeDiagnosticPartition?: Opaque | undefined
  readonly option?: readonly AnyOf<'OptionValue'>[] | undefined
  readonly optionDef?: readonly OptionDef[] | undefined
  readonly datastorePrincipal?: string | undefined
  readonly localSwapDatastore?: ManagedObjectReference | undefined
  readonly systemSwapConfiguration?: Opaque | undefined
  readonly systemResources?: Opaque | undefined
  readonly dateTimeInfo?: Opaque | undefined
  readonly flags?: Opaque | undefined
  readonly adminDisabled?: boolean | undefined
  readonly lockdownMode?: Enumeration<'HostLockdownMode'> | undefined
  readonly ipmi?: Opaque | undefined
  readonly sslThumbprintInfo?: Opaque | undefined
  readonly sslThumbprintData?: readonly Opaque[] | undefined
  readonly certificate?: readonly number[] | undefined
  readonly pciPassthruInfo?: readonly Opaque[] | undefined
  readonly authenticationManagerInfo?: Opaque | undefined
  readonly featureVersion?: readonly HostFeatureVersionInfo[] | undefined
  readonly powerSystemCapability?: Opaque | undefined
  readonly powerSystemInfo?: Opaque | undefined
  readonly cacheConfigurationInfo?: readonly Opaque[] | undefined
  readonly wakeOnLanCapable?: boolean | undefined
  readonly featureCapability?: readonly Opaque[] | undefined
  readonly maskedFeatureCapability?: readonly Opaque[] | undefined
  readonly vFlashConfigInfo?: Opaque | undefined
  readonly vsanHostConfig?: Opaque | undefined
  readonly domainList?: readonly string[] | undefined
  readonly scriptCheckSum?: readonly number[] | undefined
  readonly hostConfigCheckSum?: readonly number[] | undefined
  readonly descriptionTreeCheckSum?: readonly number[] | undefined
  readonly graphicsInfo?: readonly Opaque[] | undefined
  readonly sharedPassthruGpuTypes?: readonly string[] | undefined
  readonly graphicsConfig?: Opaque | undefined
  readonly sharedGpuCapabilities?: readonly Opaque[] | undefined
  readonly ioFilterInfo?: readonly Opaque[] | undefined
  readonly sriovDevicePool?: readonly Opaque[] | undefined
  readonly assignableHardwareBinding?: readonly Opaque[] | undefined
  readonly assignableHardwareConfig?: Opaque | undefined
}

export interface HostNetOffloadCapabilities extends DynamicData {
  readonly csumOffload?: boolean | undefined
  readonly tcpSegmentation?: boolean | undefined
  readonly zeroCopyXmit?: boolean | undefined
}

export interface HostVirtualNicManagerInfo extends DynamicData {
  readonly netConfig?: readonly VirtualNicManagerNetConfig[] | undefined
}

export interface VirtualNicManagerNetConfig extends DynamicData {
  readonly nicType: string
  readonly multiSelectAllowed: boolean
  readonly candidateVnic?: readonly HostVirtualNic[] | undefined
  readonly selectedVnic?: readonly string[] | undefined
}

export interface HostVirtualNic extends DynamicData {
  readonly device: string
  readonly key: string
  readonly portgroup: string
  readonly spec: HostVirtualNicSpec
  readonly port?: string | undefined
}

export interface HostVirtualNicSpec extends DynamicData {
  readonly ip?: HostIpConfig | undefined
  readonly mac?: string | undefined
  readonly distributedVirtualPort?: DistributedVirtualSwitchPortConnection | undefined
  readonly portgroup?: string | undefined
  readonly mtu?: number | undefined
  readonly tsoEnabled?: boolean | undefined
  readonly netStackInstanceKey?: string | undefined
  readonly opaqueNetwork?: HostVirtualNicOpaqueNetworkSpec | undefined
  readonly externalId?: string | undefined
  readonly pinnedPnic?: string | undefined
  readonly ipRouteSpec?: HostVirtualNicIpRouteSpec | undefined
  readonly systemOwned?: boolean | undefined
  readonly dpuId?: string | undefined
}

export interface HostIpConfig extends DynamicData {
  readonly dhcp: boolean
  readonly ipAddress?: string | undefined
  readonly subnetMask?: string | undefined
  readonly ipV6Config?: HostIpConfigIpV6AddressConfiguration | undefined
}

export interface HostIpConfigIpV6AddressConfiguration extends DynamicData {
  readonly ipV6Address?: readonly HostIpConfigIpV6Address[] | undefined
  readonly autoConfigurationEnabled?: boolean | undefined
  readonly dhcpV6Enabled?: boolean | undefined
}

export interface HostIpConfigIpV6Address extends DynamicData {
  readonly ipAddress: string
  readonly prefixLength: number
  readonly origin?: string | undefined
  readonly dadState?: string | undefined
  readonly lifetime?: string | undefined
  readonly operation?: string | undefined
}

export interface HostVirtualNicOpaqueNetworkSpec extends DynamicData {
  readonly opaqueNetworkId: string
  readonly opaqueNetworkType: string
}

export interface HostVirtualNicIpRouteSpec extends DynamicData {
  readonly ipRouteConfig?: AnyOf<'HostIpRouteConfig'> | undefined
}

export interface HostIpRouteConfig extends DynamicData {
  readonly defaultGateway?: string | undefined
  readonly gatewayDevice?: string | undefined
  readonly ipV6DefaultGateway?: string | undefined
  readonly ipV6GatewayDevice?: string | undefined
}

export interface HostConfigManager extends DynamicData {
  readonly cpuScheduler?: ManagedObjectReference | undefined
  readonly datastoreSystem?: ManagedObjectReference | undefined
  readonly memoryManager?: ManagedObjectReference | undefined
  readonly storageSystem?: ManagedObjectReference | undefined
  readonly networkSystem?: ManagedObjectReference | undefined
  readonly vmotionSystem?: ManagedObjectReference | undefined
  readonly virtualNicManager?: ManagedObjectReference | undefined
  readonly serviceSystem?: ManagedObjectReference | undefined
  readonly firewallSystem?: ManagedObjectReference | undefined
  readonly advancedOption?: ManagedObjectReference | undefined
  readonly diagnosticSystem?: ManagedObjectReference | undefined
  readonly autoStartManager?: ManagedObjectReference | undefined
  readonly snmpSystem?: ManagedObjectReference | undefined
  readonly dateTimeSystem?: ManagedObjectReference | undefined
  readonly patchManager?: ManagedObjectReference | undefined
  readonly imageConfigManager?: ManagedObjectReference | undefined
  readonly bootDeviceSystem?: ManagedObjectReference | undefined
  readonly firmwareSystem?: ManagedObjectReference | undefined
  readonly healthStatusSystem?: ManagedObjectReference | undefined
  readonly pciPassthruSystem?: ManagedObjectReference | undefined
  readonly licenseManager?: ManagedObjectReference | undefined
  readonly kernelModuleSystem?: ManagedObjectReference | undefined
  readonly authenticationManager?: ManagedObjectReference | undefined
  readonly powerSystem?: ManagedObjectReference | undefined
  readonly cacheConfigurationManager?: ManagedObjectReference | undefined
  readonly esxAgentHostManager?: ManagedObjectReference | undefined
  readonly iscsiManager?: ManagedObjectReference | undefined
  readonly vFlashManager?: ManagedObjectReference | undefined
  readonly vsanSystem?: ManagedObjectReference | undefined
  readonly messageBusProxy?: ManagedObjectReference | undefined
  readonly userDirectory?: ManagedObjectReference | undefined
  readonly accountManager?: ManagedObjectReference | undefined
  readonly hostAccessManager?: ManagedObjectReference | undefined
  readonly graphicsManager?: ManagedObjectReference | undefined
  readonly vsanInternalSystem?: ManagedObjectReference | undefined
  readonly certificateManager?: ManagedObjectReference | undefined
  readonly cryptoManager?: ManagedObjectReference | undefined
  readonly nvdimmSystem?: ManagedObjectReference | undefined
  readonly assignableHardwareManager?: ManagedObjectReference | undefined
}

export interface HostDigestInfo extends DynamicData {
  readonly digestMethod: string
  readonly digestValue: readonly number[]
  readonly objectName?: string | undefined
}

export interface HostTpmDigestInfo extends HostDigestInfo {
  readonly pcrNumber: number
}

export interface HostHardwareElementInfo extends DynamicData {
  readonly name: string
  readonly status: AnyOf<'ElementDescription'>
}

export interface DpuStatusInfo extends HostHardwareElementInfo {
  readonly dpuId: string
  readonly fru?: HostFru | undefined
  readonly sensors?: readonly DpuStatusInfoOperationalInfo[] | undefined
}

export interface DpuStatusInfoOperationalInfo extends DynamicData {
  readonly sensorId: string
  readonly healthState?: AnyOf<'ElementDescription'> | undefined
  readonly reading: string
  readonly units?: string | undefined
  readonly timeStamp?: string | undefined
}

export interface HostStorageElementInfo extends HostHardwareElementInfo {
  readonly operationalInfo?: readonly HostStorageOperationalInfo[] | undefined
}

export interface HostStorageOperationalInfo extends DynamicData {
  readonly property: string
  readonly value: string
}

export interface ComputeResourceSummary extends DynamicData {
  readonly totalCpu: number
  readonly totalMemory: number | bigint
  readonly numCpuCores: number
  readonly numCpuThreads: number
  readonly effectiveCpu: number
  readonly effectiveMemory: number | bigint
  readonly numHosts: number
  readonly numEffectiveHosts: number
  readonly overallStatus: Enumeration<'ManagedEntityStatus'>
}

export interface ClusterComputeResourceSummary extends ComputeResourceSummary {
  readonly currentFailoverLevel: number
  readonly admissionControlInfo?: AnyOf<'ClusterDasAdmissionControlInfo'> | undefined
  readonly numVmotions: number
  readonly targetBalance?: number | undefined
  readonly currentBalance?: number | undefined
  readonly drsScore?: number | undefined
  readonly numVmsPerDrsScoreBucket?: readonly number[] | undefined
  readonly usageSummary?: ClusterUsageSummary | undefined
  readonly currentEVCModeKey?: string | undefined
  readonly currentEVCGraphicsModeKey?: string | undefined
  readonly dasData?: AnyOf<'ClusterDasData'> | undefined
  readonly clusterMaintenanceModeStatus?: string | undefined
  readonly vcsHealthStatus?: string | undefined
  readonly vcsSlots?: readonly ClusterComputeResourceVcsSlots[] | undefined
}

export interface ClusterDasAdmissionControlInfo extends DynamicData {}

export interface ClusterUsageSummary extends DynamicData {
  readonly totalCpuCapacityMhz: number
  readonly totalMemCapacityMB: number
  readonly cpuReservationMhz: number
  readonly memReservationMB: number
  readonly poweredOffCpuReservationMhz?: number | undefined
  readonly poweredOffMemReservationMB?: number | undefined
  readonly cpuDemandMhz: number
  readonly memDemandMB: number
  readonly statsGenNumber: number | bigint
  readonly cpuEntitledMhz: number
  readonly memEntitledMB: number
  readonly poweredOffVmCount: number
  readonly totalVmCount: number
}

export interface ClusterDasData extends DynamicData {}

export interface ClusterComputeResourceVcsSlots extends DynamicData {
  readonly systemId?: string | undefined
  readonly host: ManagedObjectReference
  readonly datastore?: readonly ManagedObjectReference[] | undefined
  readonly totalSlots: number
}

export interface ComputeResourceConfigInfo extends DynamicData {
  readonly vmSwapPlacement: string
  readonly spbmEnabled?: boolean | undefined
  readonly defaultHardwareVersionKey?: string | undefined
  readonly maximumHardwareVersionKey?: string | undefined
}

export interface ResourcePoolSummary extends DynamicData {
  readonly name: string
  readonly config: ResourceConfigSpec
  readonly runtime: ResourcePoolRuntimeInfo
  readonly quickStats?: ResourcePoolQuickStats | undefined
  readonly configuredMemoryMB?: number | undefined
}

export interface ResourcePoolRuntimeInfo extends DynamicData {
  readonly memory: ResourcePoolResourceUsage
  readonly cpu: ResourcePoolResourceUsage
  readonly overallStatus: Enumeration<'ManagedEntityStatus'>
  readonly sharesScalable?: string | undefined
}

export interface ResourcePoolResourceUsage extends DynamicData {
  readonly reservationUsed: number | bigint
  readonly reservationUsedForVm: number | bigint
  readonly unreservedForPool: number | bigint
  readonly unreservedForVm: number | bigint
  readonly overallUsage: number | bigint
  readonly maxUsage: number | bigint
}

export interface ResourcePoolQuickStats extends DynamicData {
  readonly overallCpuUsage?: number | bigint | undefined
  readonly overallCpuDemand?: number | bigint | undefined
  readonly guestMemoryUsage?: number | bigint | undefined
  readonly hostMemoryUsage?: number | bigint | undefined
  readonly distributedCpuEntitlement?: number | bigint | undefined
  readonly distributedMemoryEntitlement?: number | bigint | undefined
  readonly staticCpuEntitlement?: number | undefined
  readonly staticMemoryEntitlement?: number | undefined
  readonly privateMemory?: number | bigint | undefined
  readonly sharedMemory?: number | bigint | undefined
  readonly swappedMemory?: number | bigint | undefined
  readonly balloonedMemory?: number | bigint | undefined
  readonly overheadMemory?: number | bigint | undefined
  readonly consumedOverheadMemory?: number | bigint | undefined
  readonly compressedMemory?: number | bigint | undefined
}

export interface VirtualAppSummary extends ResourcePoolSummary {
  readonly product?: VAppProductInfo | undefined
  readonly vAppState?: Enumeration<'VirtualAppVAppState'> | undefined
  readonly suspended?: boolean | undefined
  readonly installBootRequired?: boolean | undefined
  readonly instanceUuid?: string | undefined
}

export interface NetworkSummary extends DynamicData {
  readonly network?: ManagedObjectReference | undefined
  readonly name: string
  readonly accessible: boolean
  readonly ipPoolName: string
  readonly ipPoolId?: number | undefined
}

export interface OpaqueNetworkSummary extends NetworkSummary {
  readonly opaqueNetworkId: string
  readonly opaqueNetworkType: string
}

export interface DVPortgroupConfigInfo extends DynamicData {
  readonly key: string
  readonly name: string
  readonly numPorts: number
  readonly distributedVirtualSwitch?: ManagedObjectReference | undefined
  readonly defaultPortConfig?: AnyOf<'DVPortSetting'> | undefined
  readonly description?: string | undefined
  readonly type: string
  readonly backingType?: string | undefined
  readonly policy: AnyOf<'DVPortgroupPolicy'>
  readonly portNameFormat?: string | undefined
  readonly scope?: readonly ManagedObjectReference[] | undefined
  readonly vendorSpecificConfig?: readonly DistributedVirtualSwitchKeyedOpaqueBlob[] | undefined
  readonly configVersion?: string | undefined
  readonly autoExpand?: boolean | undefined
  readonly vmVnicNetworkResourcePoolKey?: string | undefined
  readonly uplink?: boolean | undefined
  readonly transportZoneUuid?: string | undefined
  readonly transportZoneName?: string | undefined
  readonly logicalSwitchUuid?: string | undefined
  readonly segmentId?: string | undefined
}

export interface DVPortSetting extends DynamicData {
  readonly blocked?: BoolPolicy | undefined
  readonly vmDirectPathGen2Allowed?: BoolPolicy | undefined
  readonly inShapingPolicy?: DVSTrafficShapingPolicy | undefined
  readonly outShapingPolicy?: DVSTrafficShapingPolicy | undefined
  readonly vendorSpecificConfig?: DVSVendorSpecificConfig | undefined
  readonly networkResourcePoolKey?: StringPolicy | undefined
  readonly filterPolicy?: DvsFilterPolicy | undefined
}

export interface BoolPolicy extends InheritablePolicy {
  readonly value?: boolean | undefined
}

export interface InheritablePolicy extends DynamicData {
  readonly inherited: boolean
}

export interface DVSTrafficShapingPolicy extends InheritablePolicy {
  readonly enabled?: BoolPolicy | undefined
  readonly averageBandwidth?: LongPolicy | undefined
  readonly peakBandwidth?: LongPolicy | undefined
  readonly burstSize?: LongPolicy | undefined
}

export interface LongPolicy extends InheritablePolicy {
  readonly value?: number | bigint | undefined
}

export interface DVSVendorSpecificConfig extends InheritablePolicy {
  readonly keyValue?: readonly DistributedVirtualSwitchKeyedOpaqueBlob[] | undefined
}

export interface StringPolicy extends InheritablePolicy {
  readonly value?: string | undefined
}

export interface DvsFilterPolicy extends InheritablePolicy {
  readonly filterConfig?: readonly AnyOf<'DvsFilterConfig'>[] | undefined
}

export interface DvsFilterConfig extends InheritablePolicy {
  readonly key?: string | undefined
  readonly agentName?: string | undefined
  readonly slotNumber?: string | undefined
  readonly parameters?: DvsFilterParameter | undefined
  readonly onFailure?: string | undefined
}

export interface DvsFilterParameter extends DynamicData {
  readonly parameters?: readonly string[] | undefined
}

export interface DVPortgroupPolicy extends DynamicData {
  readonly blockOverrideAllowed: boolean
  readonly shapingOverrideAllowed: boolean
  readonly vendorConfigOverrideAllowed: boolean
  readonly livePortMovingAllowed: boolean
  readonly portConfigResetAtDisconnect: boolean
  readonly networkResourcePoolOverrideAllowed?: boolean | undefined
  readonly trafficFilterOverrideAllowed?: boolean | undefined
}

export interface DistributedVirtualSwitchKeyedOpaqueBlob extends DynamicData {
  readonly key: string
  readonly opaqueData: string
}

export interface DistributedVirtualSwitchProductSpec extends DynamicData {
  readonly name?: string | undefined
  readonly vendor?: string | undefined
  readonly version?: string | undefined
  readonly build?: string | undefined
  readonly forwardingClass?: string | undefined
  readonly bundleId?: string | undefined
  readonly bundleUrl?: string | undefined
}

export interface DVSSummary extends DynamicData {
  readonly name: string
  readonly uuid: string
  readonly numPorts: number
  readonly productInfo?: DistributedVirtualSwitchProductSpec | undefined
  readonly hostMember?: readonly ManagedObjectReference[] | undefined
  readonly vm?: readonly ManagedObjectReference[] | undefined
  readonly host?: readonly ManagedObjectReference[] | undefined
  readonly portgroupName?: readonly string[] | undefined
  readonly description?: string | undefined
  readonly contact?: DVSContactInfo | undefined
  readonly numHosts?: number | undefined
}

export interface DVSContactInfo extends DynamicData {
  readonly name?: string | undefined
  readonly contact?: string | undefined
}

export interface VMwareDVSPortSetting extends DVPortSetting {
  readonly vlan?: AnyOf<'VmwareDistributedVirtualSwitchVlanSpec'> | undefined
  readonly qosTag?: IntPolicy | undefined
  readonly uplinkTeamingPolicy?: VmwareUplinkPortTeamingPolicy | undefined
  readonly securityPolicy?: DVSSecurityPolicy | undefined
  readonly ipfixEnabled?: BoolPolicy | undefined
  readonly txUplink?: BoolPolicy | undefined
  readonly lacpPolicy?: VMwareUplinkLacpPolicy | undefined
  readonly macManagementPolicy?: DVSMacManagementPolicy | undefined
  readonly VNI?: IntPolicy | undefined
}

export interface VmwareDistributedVirtualSwitchVlanSpec extends InheritablePolicy {}

export interface IntPolicy extends InheritablePolicy {
  readonly value?: number | undefined
}

export interface VmwareUplinkPortTeamingPolicy extends InheritablePolicy {
  readonly policy?: StringPolicy | undefined
  readonly reversePolicy?: BoolPolicy | undefined
  readonly notifySwitches?: BoolPolicy | undefined
  readonly rollingOrder?: BoolPolicy | undefined
  readonly failureCriteria?: DVSFailureCriteria | undefined
  readonly uplinkPortOrder?: VMwareUplinkPortOrderPolicy | undefined
}

export interface DVSFailureCriteria extends InheritablePolicy {
  readonly checkSpeed?: StringPolicy | undefined
  readonly speed?: IntPolicy | undefined
  readonly checkDuplex?: BoolPolicy | undefined
  readonly fullDuplex?: BoolPolicy | undefined
  readonly checkErrorPercent?: BoolPolicy | undefined
  readonly percentage?: IntPolicy | undefined
  readonly checkBeacon?: BoolPolicy | undefined
}

export interface VMwareUplinkPortOrderPolicy extends InheritablePolicy {
  readonly activeUplinkPort?: readonly string[] | undefined
  readonly standbyUplinkPort?: readonly string[] | undefined
}

export interface DVSSecurityPolicy extends InheritablePolicy {
  readonly allowPromiscuous?: BoolPolicy | undefined
  readonly macChanges?: BoolPolicy | undefined
  readonly forgedTransmits?: BoolPolicy | undefined
}

export interface VMwareUplinkLacpPolicy extends InheritablePolicy {
  readonly enable?: BoolPolicy | undefined
  readonly mode?: StringPolicy | undefined
}

export interface DVSMacManagementPolicy extends InheritablePolicy {
  readonly allowPromiscuous?: boolean | undefined
  readonly macChanges?: boolean | undefined
  readonly forgedTransmits?: boolean | undefined
  readonly macLearningPolicy?: DVSMacLearningPolicy | undefined
}

export interface DVSMacLearningPolicy extends InheritablePolicy {
  readonly enabled: boolean
  readonly allowUnicastFlooding?: boolean | undefined
  readonly limit?: number | undefined
  readonly limitPolicy?: string | undefined
}

export interface VirtualAppLinkInfo extends DynamicData {
  readonly key: ManagedObjectReference
  readonly destroyWithParent?: boolean | undefined
}

export interface DatacenterConfigInfo extends DynamicData {
  readonly defaultHardwareVersionKey?: string | undefined
  readonly maximumHardwareVersionKey?: string | undefined
}

export interface AlarmState extends DynamicData {
  readonly key: string
  readonly entity: ManagedObjectReference
  readonly alarm: ManagedObjectReference
  readonly overallStatus: Enumeration<'ManagedEntityStatus'>
  readonly time: string
  readonly acknowledged?: boolean | undefined
  readonly acknowledgedByUser?: string | undefined
  readonly acknowledgedTime?: string | undefined
  readonly eventKey?: number | undefined
  readonly disabled?: boolean | undefined
}

export interface EVCMode extends ElementDescription {
  readonly guaranteedCPUFeatures?: readonly HostCpuIdInfo[] | undefined
  readonly featureCapability?: readonly Opaque[] | undefined
  readonly featureMask?: readonly HostFeatureMask[] | undefined
  readonly featureRequirement?: readonly VirtualMachineFeatureRequirement[] | undefined
  readonly vendor: string
  readonly track?: readonly string[] | undefined
  readonly vendorTier: number
}

export interface FeatureEVCMode extends ElementDescription {
  readonly mask?: readonly HostFeatureMask[] | undefined
  readonly capability?: readonly Opaque[] | undefined
  readonly requirement?: readonly VirtualMachineFeatureRequirement[] | undefined
}

export interface ClusterAction extends DynamicData {
  readonly type: string
  readonly target?: ManagedObjectReference | undefined
}

export interface ClusterVmToolsMonitoringSettings extends DynamicData {
  readonly enabled?: boolean | undefined
  readonly vmMonitoring?: string | undefined
  readonly clusterSettings?: boolean | undefined
  readonly failureInterval?: number | undefined
  readonly minUpTime?: number | undefined
  readonly maxFailures?: number | undefined
  readonly maxFailureWindow?: number | undefined
}

export interface HttpNfcLeaseInfo extends DynamicData {
  readonly lease: ManagedObjectReference
  readonly entity: ManagedObjectReference
  readonly deviceUrl?: readonly HttpNfcLeaseDeviceUrl[] | undefined
  readonly totalDiskCapacityInKB: number | bigint
  readonly leaseTimeout: number
  readonly hostMap?: readonly HttpNfcLeaseDatastoreLeaseInfo[] | undefined
}

export interface HttpNfcLeaseDeviceUrl extends DynamicData {
  readonly key: string
  readonly importKey: string
  readonly url: string
  readonly sslThumbprint: string
  readonly disk?: boolean | undefined
  readonly targetId?: string | undefined
  readonly datastoreKey?: string | undefined
  readonly fileSize?: number | bigint | undefined
}

export interface HttpNfcLeaseManifestEntry extends DynamicData {
  readonly key: string
  readonly sha1: string
  readonly checksum?: string | undefined
  readonly checksumType?: string | undefined
  readonly size: number | bigint
  readonly disk: boolean
  readonly capacity?: number | bigint | undefined
  readonly populatedSize?: number | bigint | undefined
}

export interface HttpNfcLeaseCapabilities extends DynamicData {
  readonly pullModeSupported: boolean
  readonly corsSupported: boolean
}

export interface HttpNfcLeaseDatastoreLeaseInfo extends DynamicData {
  readonly datastoreKey: string
  readonly hosts: readonly HttpNfcLeaseHostInfo[]
}

export interface HttpNfcLeaseHostInfo extends DynamicData {
  readonly url: string
  readonly sslThumbprint: string
}

export interface OvfCreateDescriptorParams extends DynamicData {
  readonly ovfFiles?: readonly OvfFile[] | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly includeImageFiles?: boolean | undefined
  readonly exportOption?: readonly string[] | undefined
  readonly snapshot?: ManagedObjectReference | undefined
}

export interface OvfFile extends DynamicData {
  readonly deviceId: string
  readonly path: string
  readonly compressionMethod?: string | undefined
  readonly chunkSize?: number | bigint | undefined
  readonly size: number | bigint
  readonly capacity?: number | bigint | undefined
  readonly populatedSize?: number | bigint | undefined
}

export interface OvfCreateDescriptorResult extends DynamicData {
  readonly ovfDescriptor: string
  readonly error?: readonly LocalizedMethodFault[] | undefined
  readonly warning?: readonly LocalizedMethodFault[] | undefined
  readonly includeImageFiles?: boolean | undefined
}

export interface OvfCreateImportSpecParams extends OvfManagerCommonParams {
  readonly entityName: string
  readonly hostSystem?: ManagedObjectReference | undefined
  readonly networkMapping?: readonly OvfNetworkMapping[] | undefined
  readonly ipAllocationPolicy?: string | undefined
  readonly ipProtocol?: string | undefined
  readonly propertyMapping?: readonly KeyValue[] | undefined
  readonly resourceMapping?: readonly OvfResourceMap[] | undefined
  readonly diskProvisioning?: string | undefined
  readonly instantiationOst?: OvfConsumerOstNode | undefined
}

export interface OvfManagerCommonParams extends DynamicData {
  readonly locale: string
  readonly deploymentOption: string
  readonly msgBundle?: readonly KeyValue[] | undefined
  readonly importOption?: readonly string[] | undefined
}

export interface OvfNetworkMapping extends DynamicData {
  readonly name: string
  readonly network: ManagedObjectReference
}

export interface OvfResourceMap extends DynamicData {
  readonly source: string
  readonly parent?: ManagedObjectReference | undefined
  readonly resourceSpec?: ResourceConfigSpec | undefined
  readonly datastore?: ManagedObjectReference | undefined
}

export interface OvfConsumerOstNode extends DynamicData {
  readonly id: string
  readonly type: string
  readonly section?: readonly OvfConsumerOvfSection[] | undefined
  readonly child?: readonly OvfConsumerOstNode[] | undefined
  readonly entity?: ManagedObjectReference | undefined
}

export interface OvfConsumerOvfSection extends DynamicData {
  readonly lineNumber: number
  readonly xml: string
}

export interface OvfCreateImportSpecResult extends DynamicData {
  readonly importSpec?: AnyOf<'ImportSpec'> | undefined
  readonly fileItem?: readonly OvfFileItem[] | undefined
  readonly warning?: readonly LocalizedMethodFault[] | undefined
  readonly error?: readonly LocalizedMethodFault[] | undefined
}

export interface OvfFileItem extends DynamicData {
  readonly deviceId: string
  readonly path: string
  readonly compressionMethod?: string | undefined
  readonly chunkSize?: number | bigint | undefined
  readonly size?: number | bigint | undefined
  readonly cimType: number
  readonly create: boolean
}

export interface OvfOptionInfo extends DynamicData {
  readonly option: string
  readonly description: LocalizableMessage
}

export interface OvfParseDescriptorParams extends OvfManagerCommonParams {}

export interface OvfParseDescriptorResult extends DynamicData {
  readonly eula?: readonly string[] | undefined
  readonly network?: readonly OvfNetworkInfo[] | undefined
  readonly ipAllocationScheme?: readonly string[] | undefined
  readonly ipProtocols?: readonly string[] | undefined
  readonly property?: readonly VAppPropertyInfo[] | undefined
  readonly productInfo?: VAppProductInfo | undefined
  readonly annotation: string
  readonly approximateDownloadSize?: number | bigint | undefined
  readonly approximateFlatDeploymentSize?: number | bigint | undefined
  readonly approximateSparseDeploymentSize?: number | bigint | undefined
  readonly defaultEntityName: string
  readonly virtualApp: boolean
  readonly deploymentOption?: readonly OvfDeploymentOption[] | undefined
  readonly defaultDeploymentOption: string
  readonly entityName?: readonly KeyValue[] | undefined
  readonly annotatedOst?: OvfConsumerOstNode | undefined
  readonly error?: readonly LocalizedMethodFault[] | undefined
  readonly warning?: readonly LocalizedMethodFault[] | undefined
}

export interface OvfNetworkInfo extends DynamicData {
  readonly name: string
  readonly description: string
}

export interface OvfDeploymentOption extends DynamicData {
  readonly key: string
  readonly label: string
  readonly description: string
}

export interface ImportSpec extends DynamicData {
  readonly entityConfig?: VAppEntityConfigInfo | undefined
  readonly instantiationOst?: OvfConsumerOstNode | undefined
}

export interface VirtualMachineImportSpec extends ImportSpec {
  readonly configSpec: VirtualMachineConfigSpec
  readonly resPoolEntity?: ManagedObjectReference | undefined
}

export interface VirtualAppImportSpec extends ImportSpec {
  readonly name: string
  readonly vAppConfigSpec: VAppConfigSpec
  readonly resourcePoolSpec: ResourceConfigSpec
  readonly child?: readonly AnyOf<'ImportSpec'>[] | undefined
}

export interface PerformanceDescription extends DynamicData {
  readonly counterType: readonly AnyOf<'ElementDescription'>[]
  readonly statsType: readonly AnyOf<'ElementDescription'>[]
}

export interface PerfInterval extends DynamicData {
  readonly key: number
  readonly samplingPeriod: number
  readonly name: string
  readonly length: number
  readonly level?: number | undefined
  readonly enabled: boolean
}

export interface PerfCounterInfo extends DynamicData {
  readonly key: number
  readonly nameInfo: AnyOf<'ElementDescription'>
  readonly groupInfo: AnyOf<'ElementDescription'>
  readonly unitInfo: AnyOf<'ElementDescription'>
  readonly rollupType: Enumeration<'PerfSummaryType'>
  readonly statsType: Enumeration<'PerfStatsType'>
  readonly level?: number | undefined
  readonly perDeviceLevel?: number | undefined
  readonly associatedCounterId?: readonly number[] | undefined
}

export interface PerfProviderSummary extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly currentSupported: boolean
  readonly summarySupported: boolean
  readonly refreshRate?: number | undefined
}

export interface PerfMetricId extends DynamicData {
  readonly counterId: number
  readonly instance: string
}

export interface PerfQuerySpec extends DynamicData {
  readonly entity: ManagedObjectReference
  readonly startTime?: string | undefined
  readonly endTime?: string | undefined
  readonly maxSample?: number | undefined
  readonly metricId?: readonly PerfMetricId[] | undefined
  readonly intervalId?: number | undefined
  readonly format?: string | undefined
}

export interface PerfSampleInfo extends DynamicData {
  readonly timestamp: string
  readonly interval: number
}

export interface PerfEntityMetricBase extends DynamicData {
  readonly entity: ManagedObjectReference
}

export interface PerfEntityMetric extends PerfEntityMetricBase {
  readonly sampleInfo?: readonly PerfSampleInfo[] | undefined
  readonly value?: readonly AnyOf<'PerfMetricSeries'>[] | undefined
}

export interface PerfMetricSeries extends DynamicData {
  readonly id: PerfMetricId
}

export interface PerfMetricIntSeries extends PerfMetricSeries {
  readonly value?: readonly (number | bigint)[] | undefined
}

export interface InternalServiceInstanceContent extends DynamicData {
  readonly nfcService?: ManagedObjectReference | undefined
}

export interface DisabledMethodRequest extends DynamicData {
  readonly method: string
  readonly reasonId: string
}

export interface PbmServiceInstanceContent extends DynamicData {
  readonly aboutInfo: PbmAboutInfo
  readonly sessionManager: ManagedObjectReference
  readonly capabilityMetadataManager: ManagedObjectReference
  readonly profileManager: ManagedObjectReference
  readonly complianceManager: ManagedObjectReference
  readonly placementSolver: ManagedObjectReference
  readonly replicationManager?: ManagedObjectReference | undefined
}

export interface PbmAboutInfo extends DynamicData {
  readonly name: string
  readonly version: string
  readonly instanceUuid: string
}

export interface PbmServerObjectRef extends DynamicData {
  readonly objectType: string
  readonly key: string
  readonly serverUuid?: string | undefined
}

export interface PbmProfileId extends DynamicData {
  readonly uniqueId: string
}

export interface PbmProfileResourceType extends DynamicData {
  readonly resourceType: string
}

export interface PbmProfile extends DynamicData {
  readonly profileId: PbmProfileId
  readonly name: string
  readonly description?: string | undefined
  readonly creationTime: string
  readonly createdBy: string
  readonly lastUpdatedTime: string
  readonly lastUpdatedBy: string
}

export interface PbmCapabilityProfile extends PbmProfile {
  readonly profileCategory: string
  readonly resourceType: PbmProfileResourceType
  readonly constraints: AnyOf<'PbmCapabilityConstraints'>
  readonly generationId?: number | bigint | undefined
  readonly isDefault: boolean
  readonly systemCreatedProfileType?: string | undefined
  readonly lineOfService?: string | undefined
  readonly k8sCompliantName?: string | undefined
  readonly otherK8sCompliantNames?: readonly string[] | undefined
}

export interface PbmCapabilityConstraints extends DynamicData {}

export interface PbmFault extends MethodFault {}

export interface PbmFaultNoPermissionEntityPrivileges extends DynamicData {
  readonly profileId?: PbmProfileId | undefined
  readonly privilegeIds?: readonly string[] | undefined
}

export interface PbmFaultNoPermission extends SecurityError {
  readonly missingPrivileges?: readonly PbmFaultNoPermissionEntityPrivileges[] | undefined
}

/** Every data object type by its name. */
export interface DataObjects {
  readonly DynamicData: DynamicData
  readonly LocalizableMessage: LocalizableMessage
  readonly KeyAnyValue: KeyAnyValue
  readonly KeyValue: KeyValue
  readonly Description: Description
  readonly ElementDescription: ElementDescription
  readonly ExtendedElementDescription: ExtendedElementDescription
  readonly TypeDescription: TypeDescription
  readonly OptionValue: OptionValue
  readonly OptionDef: OptionDef
  readonly OptionType: OptionType
  readonly BoolOption: BoolOption
  readonly ChoiceOption: ChoiceOption
  readonly FloatOption: FloatOption
  readonly IntOption: IntOption
  readonly LongOption: LongOption
  readonly StringOption: StringOption
  readonly SharesInfo: SharesInfo
  readonly ResourceAllocationInfo: ResourceAllocationInfo
  readonly ResourceConfigSpec: ResourceConfigSpec
  readonly LatencySensitivity: LatencySensitivity
  readonly AboutInfo: AboutInfo
  readonly CustomFieldValue: CustomFieldValue
  readonly CustomFieldStringValue: CustomFieldStringValue
  readonly CustomFieldDef: CustomFieldDef
  readonly PrivilegePolicyDef: PrivilegePolicyDef
  readonly ManagedByInfo: ManagedByInfo
  readonly CryptoKeyId: CryptoKeyId
  readonly KeyProviderId: KeyProviderId
  readonly NumericRange: NumericRange
  readonly DynamicProperty: DynamicProperty
  readonly Tag: Tag
  readonly ArrayUpdateSpec: ArrayUpdateSpec
  readonly HostCpuIdInfo: HostCpuIdInfo
  readonly ServiceContent: ServiceContent
  readonly UserSession: UserSession
  readonly SessionManagerLocalTicket: SessionManagerLocalTicket
  readonly SessionManagerServiceRequestSpec: SessionManagerServiceRequestSpec
  readonly SessionManagerHttpServiceRequestSpec: SessionManagerHttpServiceRequestSpec
  readonly SessionManagerVmomiServiceRequestSpec: SessionManagerVmomiServiceRequestSpec
  readonly SessionManagerGenericServiceTicket: SessionManagerGenericServiceTicket
  readonly VirtualMachineCertThumbprint: VirtualMachineCertThumbprint
  readonly HostServiceTicket: HostServiceTicket
  readonly AuthorizationDescription: AuthorizationDescription
  readonly AuthorizationPrivilege: AuthorizationPrivilege
  readonly AuthorizationRole: AuthorizationRole
  readonly Permission: Permission
  readonly EntityPrivilege: EntityPrivilege
  readonly PrivilegeAvailability: PrivilegeAvailability
  readonly UserPrivilegeResult: UserPrivilegeResult
  readonly LicenseManagerLicenseInfo: LicenseManagerLicenseInfo
  readonly LicenseManagerEvaluationInfo: LicenseManagerEvaluationInfo
  readonly LicenseAssignmentManagerLicenseAssignment: LicenseAssignmentManagerLicenseAssignment
  readonly PropertySpec: PropertySpec
  readonly SelectionSpec: SelectionSpec
  readonly TraversalSpec: TraversalSpec
  readonly ObjectSpec: ObjectSpec
  readonly PropertyFilterSpec: PropertyFilterSpec
  readonly RetrieveOptions: RetrieveOptions
  readonly RetrieveResult: RetrieveResult
  readonly ObjectContent: ObjectContent
  readonly MissingProperty: MissingProperty
  readonly WaitOptions: WaitOptions
  readonly UpdateSet: UpdateSet
  readonly PropertyFilterUpdate: PropertyFilterUpdate
  readonly ObjectUpdate: ObjectUpdate
  readonly PropertyChange: PropertyChange
  readonly MissingObject: MissingObject
  readonly TaskInfo: TaskInfo
  readonly TaskReason: TaskReason
  readonly TaskReasonAlarm: TaskReasonAlarm
  readonly TaskReasonSchedule: TaskReasonSchedule
  readonly TaskReasonSystem: TaskReasonSystem
  readonly TaskReasonUser: TaskReasonUser
  readonly TaskDescription: TaskDescription
  readonly TaskFilterSpec: TaskFilterSpec
  readonly TaskFilterSpecByEntity: TaskFilterSpecByEntity
  readonly TaskFilterSpecByTime: TaskFilterSpecByTime
  readonly TaskFilterSpecByUsername: TaskFilterSpecByUsername
  readonly Event: Event
  readonly EventArgument: EventArgument
  readonly EntityEventArgument: EntityEventArgument
  readonly ManagedEntityEventArgument: ManagedEntityEventArgument
  readonly FolderEventArgument: FolderEventArgument
  readonly DatacenterEventArgument: DatacenterEventArgument
  readonly ComputeResourceEventArgument: ComputeResourceEventArgument
  readonly ResourcePoolEventArgument: ResourcePoolEventArgument
  readonly HostEventArgument: HostEventArgument
  readonly VmEventArgument: VmEventArgument
  readonly DatastoreEventArgument: DatastoreEventArgument
  readonly NetworkEventArgument: NetworkEventArgument
  readonly DvsEventArgument: DvsEventArgument
  readonly EventEx: EventEx
  readonly ExtendedEvent: ExtendedEvent
  readonly ExtendedEventPair: ExtendedEventPair
  readonly GeneralEvent: GeneralEvent
  readonly GeneralUserEvent: GeneralUserEvent
  readonly TaskEvent: TaskEvent
  readonly SessionEvent: SessionEvent
  readonly UserLoginSessionEvent: UserLoginSessionEvent
  readonly UserLogoutSessionEvent: UserLogoutSessionEvent
  readonly BadUsernameSessionEvent: BadUsernameSessionEvent
  readonly SessionTerminatedEvent: SessionTerminatedEvent
  readonly NoAccessUserEvent: NoAccessUserEvent
  readonly VmEvent: VmEvent
  readonly VmCreatedEvent: VmCreatedEvent
  readonly VmBeingCreatedEvent: VmBeingCreatedEvent
  readonly VmRegisteredEvent: VmRegisteredEvent
  readonly VmRemovedEvent: VmRemovedEvent
  readonly VmReconfiguredEvent: VmReconfiguredEvent
  readonly ChangesInfoEventArgument: ChangesInfoEventArgument
  readonly VmRenamedEvent: VmRenamedEvent
  readonly VmStartingEvent: VmStartingEvent
  readonly VmPoweredOnEvent: VmPoweredOnEvent
  readonly VmStoppingEvent: VmStoppingEvent
  readonly VmPoweredOffEvent: VmPoweredOffEvent
  readonly VmSuspendingEvent: VmSuspendingEvent
  readonly VmSuspendedEvent: VmSuspendedEvent
  readonly VmResettingEvent: VmResettingEvent
  readonly VmGuestShutdownEvent: VmGuestShutdownEvent
  readonly VmBeingClonedEvent: VmBeingClonedEvent
  readonly VmCloneEvent: VmCloneEvent
  readonly VmClonedEvent: VmClonedEvent
  readonly VmBeingMigratedEvent: VmBeingMigratedEvent
  readonly VmMigratedEvent: VmMigratedEvent
  readonly VmRelocatedEvent: VmRelocatedEvent
  readonly VmRelocateSpecEvent: VmRelocateSpecEvent
  readonly VmConnectedEvent: VmConnectedEvent
  readonly VmDisconnectedEvent: VmDisconnectedEvent
  readonly VmUuidAssignedEvent: VmUuidAssignedEvent
  readonly VmInstanceUuidAssignedEvent: VmInstanceUuidAssignedEvent
  readonly VmMacAssignedEvent: VmMacAssignedEvent
  readonly VmFailedToPowerOnEvent: VmFailedToPowerOnEvent
  readonly VmResourceReallocatedEvent: VmResourceReallocatedEvent
  readonly HostEvent: HostEvent
  readonly HostConnectedEvent: HostConnectedEvent
  readonly HostDisconnectedEvent: HostDisconnectedEvent
  readonly HostConnectionLostEvent: HostConnectionLostEvent
  readonly EnteredMaintenanceModeEvent: EnteredMaintenanceModeEvent
  readonly ExitMaintenanceModeEvent: ExitMaintenanceModeEvent
  readonly DatastoreEvent: DatastoreEvent
  readonly DatastoreCapacityIncreasedEvent: DatastoreCapacityIncreasedEvent
  readonly DatastoreRenamedEvent: DatastoreRenamedEvent
  readonly DatacenterEvent: DatacenterEvent
  readonly DatacenterCreatedEvent: DatacenterCreatedEvent
  readonly EventFilterSpec: EventFilterSpec
  readonly EventFilterSpecByEntity: EventFilterSpecByEntity
  readonly EventFilterSpecByTime: EventFilterSpecByTime
  readonly EventFilterSpecByUsername: EventFilterSpecByUsername
  readonly EventDescription: EventDescription
  readonly EnumDescription: EnumDescription
  readonly EventDescriptionEventDetail: EventDescriptionEventDetail
  readonly EventArgDesc: EventArgDesc
  readonly MethodFault: MethodFault
  readonly LocalizedMethodFault: LocalizedMethodFault
  readonly RuntimeFault: RuntimeFault
  readonly VimFault: VimFault
  readonly HostCommunication: HostCommunication
  readonly HostNotConnected: HostNotConnected
  readonly HostNotReachable: HostNotReachable
  readonly InvalidArgument: InvalidArgument
  readonly InvalidProfileReferenceHost: InvalidProfileReferenceHost
  readonly InvalidRequest: InvalidRequest
  readonly InvalidType: InvalidType
  readonly ManagedObjectNotFound: ManagedObjectNotFound
  readonly MethodNotFound: MethodNotFound
  readonly MethodDisabled: MethodDisabled
  readonly MethodAlreadyDisabledFault: MethodAlreadyDisabledFault
  readonly NotEnoughLicenses: NotEnoughLicenses
  readonly NotImplemented: NotImplemented
  readonly NotSupported: NotSupported
  readonly RequestCanceled: RequestCanceled
  readonly RestrictedByAdministrator: RestrictedByAdministrator
  readonly RestrictedVersion: RestrictedVersion
  readonly SecurityError: SecurityError
  readonly NoPermission: NoPermission
  readonly NoPermissionEntityPrivileges: NoPermissionEntityPrivileges
  readonly NotAuthenticated: NotAuthenticated
  readonly SystemError: SystemError
  readonly UnexpectedFault: UnexpectedFault
  readonly CannotDisableSnapshot: CannotDisableSnapshot
  readonly UnsupportedVmxLocation: UnsupportedVmxLocation
  readonly InvalidLogin: InvalidLogin
  readonly NoSubjectName: NoSubjectName
  readonly InvalidLocale: InvalidLocale
  readonly PasswordExpired: PasswordExpired
  readonly InvalidClientCertificate: InvalidClientCertificate
  readonly InvalidProperty: InvalidProperty
  readonly InvalidCollectorVersion: InvalidCollectorVersion
  readonly InvalidName: InvalidName
  readonly InvalidPrivilege: InvalidPrivilege
  readonly InvalidFolder: InvalidFolder
  readonly NotFound: NotFound
  readonly AlreadyExists: AlreadyExists
  readonly DuplicateName: DuplicateName
  readonly ResourceInUse: ResourceInUse
  readonly ResourceNotAvailable: ResourceNotAvailable
  readonly ConcurrentAccess: ConcurrentAccess
  readonly Timedout: Timedout
  readonly NotSupportedHost: NotSupportedHost
  readonly OutOfBounds: OutOfBounds
  readonly UserNotFound: UserNotFound
  readonly UnrecognizedHost: UnrecognizedHost
  readonly HostConnectFault: HostConnectFault
  readonly HostConfigFault: HostConfigFault
  readonly LicenseEntityNotFound: LicenseEntityNotFound
  readonly LimitExceeded: LimitExceeded
  readonly DatabaseError: DatabaseError
  readonly FeatureRequirementsNotMet: FeatureRequirementsNotMet
  readonly VirtualHardwareCompatibilityIssue: VirtualHardwareCompatibilityIssue
  readonly VirtualMachineFeatureRequirement: VirtualMachineFeatureRequirement
  readonly InvalidState: InvalidState
  readonly InvalidHostState: InvalidHostState
  readonly InvalidPowerState: InvalidPowerState
  readonly InvalidDatastoreState: InvalidDatastoreState
  readonly InvalidHostConnectionState: InvalidHostConnectionState
  readonly TaskInProgress: TaskInProgress
  readonly VAppTaskInProgress: VAppTaskInProgress
  readonly EncryptionKeyRequired: EncryptionKeyRequired
  readonly ToolsUnavailable: ToolsUnavailable
  readonly GuestOperationsUnavailable: GuestOperationsUnavailable
  readonly GuestOperationsFault: GuestOperationsFault
  readonly GuestComponentsOutOfDate: GuestComponentsOutOfDate
  readonly GuestPermissionDenied: GuestPermissionDenied
  readonly GuestProcessNotFound: GuestProcessNotFound
  readonly InvalidGuestLogin: InvalidGuestLogin
  readonly OperationDisabledByGuest: OperationDisabledByGuest
  readonly OperationNotSupportedByGuest: OperationNotSupportedByGuest
  readonly TooManyGuestLogons: TooManyGuestLogons
  readonly CannotAccessLocalSource: CannotAccessLocalSource
  readonly NoActiveHostInCluster: NoActiveHostInCluster
  readonly NoHost: NoHost
  readonly VmConfigFault: VmConfigFault
  readonly GenericVmConfigFault: GenericVmConfigFault
  readonly InvalidVmConfig: InvalidVmConfig
  readonly InvalidDeviceSpec: InvalidDeviceSpec
  readonly DeviceNotSupported: DeviceNotSupported
  readonly DeviceNotFound: DeviceNotFound
  readonly DeviceUnsupportedForVmPlatform: DeviceUnsupportedForVmPlatform
  readonly DeviceUnsupportedForVmVersion: DeviceUnsupportedForVmVersion
  readonly DeviceBackingNotSupported: DeviceBackingNotSupported
  readonly DeviceControllerNotSupported: DeviceControllerNotSupported
  readonly DeviceHotPlugNotSupported: DeviceHotPlugNotSupported
  readonly InvalidDeviceBacking: InvalidDeviceBacking
  readonly InvalidDeviceOperation: InvalidDeviceOperation
  readonly InvalidFormat: InvalidFormat
  readonly InvalidDiskFormat: InvalidDiskFormat
  readonly InvalidSnapshotFormat: InvalidSnapshotFormat
  readonly InvalidController: InvalidController
  readonly MissingController: MissingController
  readonly DiskNotSupported: DiskNotSupported
  readonly TooManyDevices: TooManyDevices
  readonly UnsupportedGuest: UnsupportedGuest
  readonly UnsupportedDatastore: UnsupportedDatastore
  readonly UnconfiguredPropertyValue: UnconfiguredPropertyValue
  readonly InvalidPropertyValue: InvalidPropertyValue
  readonly VAppPropertyFault: VAppPropertyFault
  readonly VirtualHardwareVersionNotSupported: VirtualHardwareVersionNotSupported
  readonly VirtualDiskModeNotSupported: VirtualDiskModeNotSupported
  readonly MultiWriterNotSupported: MultiWriterNotSupported
  readonly RDMNotSupported: RDMNotSupported
  readonly RawDiskNotSupported: RawDiskNotSupported
  readonly SnapshotCopyNotSupported: SnapshotCopyNotSupported
  readonly RDMNotSupportedOnDatastore: RDMNotSupportedOnDatastore
  readonly CannotAccessVmComponent: CannotAccessVmComponent
  readonly CannotAccessVmDevice: CannotAccessVmDevice
  readonly CannotAccessVmDisk: CannotAccessVmDisk
  readonly CannotAccessNetwork: CannotAccessNetwork
  readonly NotUserConfigurableProperty: NotUserConfigurableProperty
  readonly CannotUseNetwork: CannotUseNetwork
  readonly FileBackedPortNotSupported: FileBackedPortNotSupported
  readonly MemoryHotPlugNotSupported: MemoryHotPlugNotSupported
  readonly NumVirtualCpusNotSupported: NumVirtualCpusNotSupported
  readonly FileFault: FileFault
  readonly FileNotFound: FileNotFound
  readonly FileAlreadyExists: FileAlreadyExists
  readonly FileLocked: FileLocked
  readonly FileNotWritable: FileNotWritable
  readonly FileTooLarge: FileTooLarge
  readonly FileNameTooLong: FileNameTooLong
  readonly CannotAccessFile: CannotAccessFile
  readonly CannotCreateFile: CannotCreateFile
  readonly CannotDeleteFile: CannotDeleteFile
  readonly DirectoryNotEmpty: DirectoryNotEmpty
  readonly NoDiskSpace: NoDiskSpace
  readonly NoDiskFound: NoDiskFound
  readonly NetworkCopyFault: NetworkCopyFault
  readonly SwapPlacementOverrideNotSupported: SwapPlacementOverrideNotSupported
  readonly DeltaDiskFormatNotSupported: DeltaDiskFormatNotSupported
  readonly VmWwnConflict: VmWwnConflict
  readonly DatastoreNotWritableOnHost: DatastoreNotWritableOnHost
  readonly InvalidDatastore: InvalidDatastore
  readonly InaccessibleDatastore: InaccessibleDatastore
  readonly InvalidDatastorePath: InvalidDatastorePath
  readonly InsufficientResourcesFault: InsufficientResourcesFault
  readonly InsufficientStorageSpace: InsufficientStorageSpace
  readonly VmfsMountFault: VmfsMountFault
  readonly SnapshotFault: SnapshotFault
  readonly ApplicationQuiesceFault: ApplicationQuiesceFault
  readonly FilesystemQuiesceFault: FilesystemQuiesceFault
  readonly SnapshotDisabled: SnapshotDisabled
  readonly SnapshotIncompatibleDeviceInVm: SnapshotIncompatibleDeviceInVm
  readonly SnapshotLocked: SnapshotLocked
  readonly SnapshotMoveFromNonHomeNotSupported: SnapshotMoveFromNonHomeNotSupported
  readonly SnapshotMoveNotSupported: SnapshotMoveNotSupported
  readonly SnapshotMoveToNonHomeNotSupported: SnapshotMoveToNonHomeNotSupported
  readonly SnapshotNoChange: SnapshotNoChange
  readonly SnapshotRevertIssue: SnapshotRevertIssue
  readonly SnapshotCloneNotSupported: SnapshotCloneNotSupported
  readonly TooManySnapshotLevels: TooManySnapshotLevels
  readonly MemorySnapshotOnIndependentDisk: MemorySnapshotOnIndependentDisk
  readonly MultipleSnapshotsNotSupported: MultipleSnapshotsNotSupported
  readonly MigrationFault: MigrationFault
  readonly DisallowedDiskModeChange: DisallowedDiskModeChange
  readonly OvfFault: OvfFault
  readonly OvfInvalidPackage: OvfInvalidPackage
  readonly OvfNoHostNic: OvfNoHostNic
  readonly OvfUnsupportedPackage: OvfUnsupportedPackage
  readonly OvfImportFailed: OvfImportFailed
  readonly OvfImport: OvfImport
  readonly VirtualHardware: VirtualHardware
  readonly VirtualDevice: VirtualDevice
  readonly VirtualDeviceDeviceGroupInfo: VirtualDeviceDeviceGroupInfo
  readonly VirtualDeviceBackingInfo: VirtualDeviceBackingInfo
  readonly VirtualDeviceConnectInfo: VirtualDeviceConnectInfo
  readonly VirtualDeviceBusSlotInfo: VirtualDeviceBusSlotInfo
  readonly VirtualDevicePciBusSlotInfo: VirtualDevicePciBusSlotInfo
  readonly VirtualUSBControllerPciBusSlotInfo: VirtualUSBControllerPciBusSlotInfo
  readonly VirtualDeviceDeviceBackingInfo: VirtualDeviceDeviceBackingInfo
  readonly VirtualDeviceRemoteDeviceBackingInfo: VirtualDeviceRemoteDeviceBackingInfo
  readonly VirtualDeviceFileBackingInfo: VirtualDeviceFileBackingInfo
  readonly VirtualDevicePipeBackingInfo: VirtualDevicePipeBackingInfo
  readonly VirtualDeviceURIBackingInfo: VirtualDeviceURIBackingInfo
  readonly VirtualDeviceConfigSpec: VirtualDeviceConfigSpec
  readonly VirtualDeviceConfigSpecBackingSpec: VirtualDeviceConfigSpecBackingSpec
  readonly VirtualMachineProfileSpec: VirtualMachineProfileSpec
  readonly VirtualMachineDefaultProfileSpec: VirtualMachineDefaultProfileSpec
  readonly VirtualMachineDefinedProfileSpec: VirtualMachineDefinedProfileSpec
  readonly ReplicationSpec: ReplicationSpec
  readonly ReplicationGroupId: ReplicationGroupId
  readonly FaultDomainId: FaultDomainId
  readonly DeviceGroupId: DeviceGroupId
  readonly VirtualMachineProfileRawData: VirtualMachineProfileRawData
  readonly VirtualMachineEmptyProfileSpec: VirtualMachineEmptyProfileSpec
  readonly CryptoSpec: CryptoSpec
  readonly CryptoSpecDecrypt: CryptoSpecDecrypt
  readonly CryptoSpecDeepRecrypt: CryptoSpecDeepRecrypt
  readonly CryptoSpecEncrypt: CryptoSpecEncrypt
  readonly CryptoSpecNoOp: CryptoSpecNoOp
  readonly CryptoSpecRegister: CryptoSpecRegister
  readonly CryptoSpecShallowRecrypt: CryptoSpecShallowRecrypt
  readonly VirtualMachineBaseIndependentFilterSpec: VirtualMachineBaseIndependentFilterSpec
  readonly VirtualMachineEmptyIndependentFilterSpec: VirtualMachineEmptyIndependentFilterSpec
  readonly VirtualMachineIndependentFilterSpec: VirtualMachineIndependentFilterSpec
  readonly VirtualDisk: VirtualDisk
  readonly StorageIOAllocationInfo: StorageIOAllocationInfo
  readonly VirtualDiskVFlashCacheConfigInfo: VirtualDiskVFlashCacheConfigInfo
  readonly ID: ID
  readonly VirtualDiskFlatVer1BackingInfo: VirtualDiskFlatVer1BackingInfo
  readonly VirtualDiskFlatVer2BackingInfo: VirtualDiskFlatVer2BackingInfo
  readonly VirtualDiskSparseVer1BackingInfo: VirtualDiskSparseVer1BackingInfo
  readonly VirtualDiskSparseVer2BackingInfo: VirtualDiskSparseVer2BackingInfo
  readonly VirtualDiskSeSparseBackingInfo: VirtualDiskSeSparseBackingInfo
  readonly VirtualDiskRawDiskMappingVer1BackingInfo: VirtualDiskRawDiskMappingVer1BackingInfo
  readonly VirtualDiskRawDiskVer2BackingInfo: VirtualDiskRawDiskVer2BackingInfo
  readonly VirtualDiskPartitionedRawDiskVer2BackingInfo: VirtualDiskPartitionedRawDiskVer2BackingInfo
  readonly VirtualDiskLocalPMemBackingInfo: VirtualDiskLocalPMemBackingInfo
  readonly VirtualDiskConfigSpec: VirtualDiskConfigSpec
  readonly VirtualDiskSpec: VirtualDiskSpec
  readonly DeviceBackedVirtualDiskSpec: DeviceBackedVirtualDiskSpec
  readonly FileBackedVirtualDiskSpec: FileBackedVirtualDiskSpec
  readonly SeSparseVirtualDiskSpec: SeSparseVirtualDiskSpec
  readonly HostDiskDimensionsChs: HostDiskDimensionsChs
  readonly DiskChangeInfo: DiskChangeInfo
  readonly DiskChangeExtent: DiskChangeExtent
  readonly VirtualController: VirtualController
  readonly VirtualIDEController: VirtualIDEController
  readonly VirtualNVDIMMController: VirtualNVDIMMController
  readonly VirtualNVMEController: VirtualNVMEController
  readonly VirtualPCIController: VirtualPCIController
  readonly VirtualPS2Controller: VirtualPS2Controller
  readonly VirtualSATAController: VirtualSATAController
  readonly VirtualAHCIController: VirtualAHCIController
  readonly VirtualSCSIController: VirtualSCSIController
  readonly ParaVirtualSCSIController: ParaVirtualSCSIController
  readonly VirtualBusLogicController: VirtualBusLogicController
  readonly VirtualLsiLogicController: VirtualLsiLogicController
  readonly VirtualLsiLogicSASController: VirtualLsiLogicSASController
  readonly VirtualSIOController: VirtualSIOController
  readonly VirtualUSBController: VirtualUSBController
  readonly VirtualUSBXHCIController: VirtualUSBXHCIController
  readonly VirtualEthernetCard: VirtualEthernetCard
  readonly VirtualEthernetCardResourceAllocation: VirtualEthernetCardResourceAllocation
  readonly VirtualE1000: VirtualE1000
  readonly VirtualE1000e: VirtualE1000e
  readonly VirtualPCNet32: VirtualPCNet32
  readonly VirtualSriovEthernetCard: VirtualSriovEthernetCard
  readonly VirtualVmxnet: VirtualVmxnet
  readonly VirtualVmxnet2: VirtualVmxnet2
  readonly VirtualVmxnet3: VirtualVmxnet3
  readonly VirtualVmxnet3Vrdma: VirtualVmxnet3Vrdma
  readonly VirtualEthernetCardLegacyNetworkBackingInfo: VirtualEthernetCardLegacyNetworkBackingInfo
  readonly VirtualEthernetCardNetworkBackingInfo: VirtualEthernetCardNetworkBackingInfo
  readonly VirtualEthernetCardDistributedVirtualPortBackingInfo: VirtualEthernetCardDistributedVirtualPortBackingInfo
  readonly DistributedVirtualSwitchPortConnection: DistributedVirtualSwitchPortConnection
  readonly VirtualEthernetCardOpaqueNetworkBackingInfo: VirtualEthernetCardOpaqueNetworkBackingInfo
  readonly VirtualSriovEthernetCardSriovBackingInfo: VirtualSriovEthernetCardSriovBackingInfo
  readonly VirtualCdrom: VirtualCdrom
  readonly VirtualFloppy: VirtualFloppy
  readonly VirtualKeyboard: VirtualKeyboard
  readonly VirtualMachineVMCIDevice: VirtualMachineVMCIDevice
  readonly VirtualMachineVMCIDeviceFilterInfo: VirtualMachineVMCIDeviceFilterInfo
  readonly VirtualMachineVMCIDeviceFilterSpec: VirtualMachineVMCIDeviceFilterSpec
  readonly VirtualMachineVMIROM: VirtualMachineVMIROM
  readonly VirtualMachineVideoCard: VirtualMachineVideoCard
  readonly VirtualNVDIMM: VirtualNVDIMM
  readonly VirtualPCIPassthrough: VirtualPCIPassthrough
  readonly VirtualParallelPort: VirtualParallelPort
  readonly VirtualPointingDevice: VirtualPointingDevice
  readonly VirtualPrecisionClock: VirtualPrecisionClock
  readonly VirtualSCSIPassthrough: VirtualSCSIPassthrough
  readonly VirtualSerialPort: VirtualSerialPort
  readonly VirtualSoundCard: VirtualSoundCard
  readonly VirtualEnsoniq1371: VirtualEnsoniq1371
  readonly VirtualHdAudioCard: VirtualHdAudioCard
  readonly VirtualSoundBlaster16: VirtualSoundBlaster16
  readonly VirtualTPM: VirtualTPM
  readonly VirtualUSB: VirtualUSB
  readonly VirtualWDT: VirtualWDT
  readonly VirtualCdromAtapiBackingInfo: VirtualCdromAtapiBackingInfo
  readonly VirtualCdromPassthroughBackingInfo: VirtualCdromPassthroughBackingInfo
  readonly VirtualFloppyDeviceBackingInfo: VirtualFloppyDeviceBackingInfo
  readonly VirtualPCIPassthroughDeviceBackingInfo: VirtualPCIPassthroughDeviceBackingInfo
  readonly VirtualPCIPassthroughDynamicBackingInfo: VirtualPCIPassthroughDynamicBackingInfo
  readonly VirtualPCIPassthroughAllowedDevice: VirtualPCIPassthroughAllowedDevice
  readonly VirtualParallelPortDeviceBackingInfo: VirtualParallelPortDeviceBackingInfo
  readonly VirtualPointingDeviceDeviceBackingInfo: VirtualPointingDeviceDeviceBackingInfo
  readonly VirtualSCSIPassthroughDeviceBackingInfo: VirtualSCSIPassthroughDeviceBackingInfo
  readonly VirtualSerialPortDeviceBackingInfo: VirtualSerialPortDeviceBackingInfo
  readonly VirtualSoundCardDeviceBackingInfo: VirtualSoundCardDeviceBackingInfo
  readonly VirtualUSBRemoteHostBackingInfo: VirtualUSBRemoteHostBackingInfo
  readonly VirtualUSBUSBBackingInfo: VirtualUSBUSBBackingInfo
  readonly VirtualCdromIsoBackingInfo: VirtualCdromIsoBackingInfo
  readonly VirtualFloppyImageBackingInfo: VirtualFloppyImageBackingInfo
  readonly VirtualNVDIMMBackingInfo: VirtualNVDIMMBackingInfo
  readonly VirtualParallelPortFileBackingInfo: VirtualParallelPortFileBackingInfo
  readonly VirtualSerialPortFileBackingInfo: VirtualSerialPortFileBackingInfo
  readonly VirtualSerialPortPipeBackingInfo: VirtualSerialPortPipeBackingInfo
  readonly VirtualCdromRemoteAtapiBackingInfo: VirtualCdromRemoteAtapiBackingInfo
  readonly VirtualCdromRemotePassthroughBackingInfo: VirtualCdromRemotePassthroughBackingInfo
  readonly VirtualFloppyRemoteDeviceBackingInfo: VirtualFloppyRemoteDeviceBackingInfo
  readonly VirtualUSBRemoteClientBackingInfo: VirtualUSBRemoteClientBackingInfo
  readonly VirtualSerialPortURIBackingInfo: VirtualSerialPortURIBackingInfo
  readonly VirtualPCIPassthroughDvxBackingInfo: VirtualPCIPassthroughDvxBackingInfo
  readonly VirtualPCIPassthroughPluginBackingInfo: VirtualPCIPassthroughPluginBackingInfo
  readonly VirtualPCIPassthroughVmiopBackingInfo: VirtualPCIPassthroughVmiopBackingInfo
  readonly VirtualPrecisionClockSystemClockBackingInfo: VirtualPrecisionClockSystemClockBackingInfo
  readonly VirtualSerialPortThinPrintBackingInfo: VirtualSerialPortThinPrintBackingInfo
  readonly VirtualMachineConfigInfo: VirtualMachineConfigInfo
  readonly VirtualMachineFileInfo: VirtualMachineFileInfo
  readonly ToolsConfigInfo: ToolsConfigInfo
  readonly ToolsConfigInfoToolsLastInstallInfo: ToolsConfigInfoToolsLastInstallInfo
  readonly VirtualMachineFlagInfo: VirtualMachineFlagInfo
  readonly VirtualMachineConsolePreferences: VirtualMachineConsolePreferences
  readonly VirtualMachineDefaultPowerOpInfo: VirtualMachineDefaultPowerOpInfo
  readonly VirtualMachineVcpuConfig: VirtualMachineVcpuConfig
  readonly VirtualMachineAffinityInfo: VirtualMachineAffinityInfo
  readonly VirtualMachineNetworkShaperInfo: VirtualMachineNetworkShaperInfo
  readonly VirtualMachineConfigInfoDatastoreUrlPair: VirtualMachineConfigInfoDatastoreUrlPair
  readonly VirtualMachineBootOptions: VirtualMachineBootOptions
  readonly ReplicationConfigSpec: ReplicationConfigSpec
  readonly ReplicationInfoDiskSettings: ReplicationInfoDiskSettings
  readonly VirtualMachineConfigInfoOverheadInfo: VirtualMachineConfigInfoOverheadInfo
  readonly ScheduledHardwareUpgradeInfo: ScheduledHardwareUpgradeInfo
  readonly VirtualMachineForkConfigInfo: VirtualMachineForkConfigInfo
  readonly VirtualMachineGuestIntegrityInfo: VirtualMachineGuestIntegrityInfo
  readonly VirtualMachineSgxInfo: VirtualMachineSgxInfo
  readonly VirtualMachineContentLibraryItemInfo: VirtualMachineContentLibraryItemInfo
  readonly VirtualMachineGuestMonitoringModeInfo: VirtualMachineGuestMonitoringModeInfo
  readonly VirtualMachineVirtualNumaInfo: VirtualMachineVirtualNumaInfo
  readonly VirtualMachineVirtualDeviceSwap: VirtualMachineVirtualDeviceSwap
  readonly VirtualMachineVirtualDeviceSwapDeviceSwapInfo: VirtualMachineVirtualDeviceSwapDeviceSwapInfo
  readonly VirtualMachineVirtualPMem: VirtualMachineVirtualPMem
  readonly VirtualMachineVirtualDeviceGroups: VirtualMachineVirtualDeviceGroups
  readonly VirtualMachineVirtualDeviceGroupsDeviceGroup: VirtualMachineVirtualDeviceGroupsDeviceGroup
  readonly VmConfigInfo: VmConfigInfo
  readonly VAppProductInfo: VAppProductInfo
  readonly VAppPropertyInfo: VAppPropertyInfo
  readonly VAppIPAssignmentInfo: VAppIPAssignmentInfo
  readonly VAppOvfSectionInfo: VAppOvfSectionInfo
  readonly VAppConfigInfo: VAppConfigInfo
  readonly VAppEntityConfigInfo: VAppEntityConfigInfo
  readonly FaultToleranceConfigInfo: FaultToleranceConfigInfo
  readonly FaultTolerancePrimaryConfigInfo: FaultTolerancePrimaryConfigInfo
  readonly FaultToleranceSecondaryConfigInfo: FaultToleranceSecondaryConfigInfo
  readonly VirtualMachineBootOptionsBootableDevice: VirtualMachineBootOptionsBootableDevice
  readonly VirtualMachineBootOptionsBootableCdromDevice: VirtualMachineBootOptionsBootableCdromDevice
  readonly VirtualMachineBootOptionsBootableDiskDevice: VirtualMachineBootOptionsBootableDiskDevice
  readonly VirtualMachineBootOptionsBootableEthernetDevice: VirtualMachineBootOptionsBootableEthernetDevice
  readonly VirtualMachineBootOptionsBootableFloppyDevice: VirtualMachineBootOptionsBootableFloppyDevice
  readonly VirtualMachineConfigSpec: VirtualMachineConfigSpec
  readonly VirtualMachineCpuIdInfoSpec: VirtualMachineCpuIdInfoSpec
  readonly VirtualMachineVirtualNuma: VirtualMachineVirtualNuma
  readonly VmConfigSpec: VmConfigSpec
  readonly VAppProductSpec: VAppProductSpec
  readonly VAppPropertySpec: VAppPropertySpec
  readonly VAppOvfSectionSpec: VAppOvfSectionSpec
  readonly VAppConfigSpec: VAppConfigSpec
  readonly VirtualMachineCloneSpec: VirtualMachineCloneSpec
  readonly VirtualMachineRelocateSpec: VirtualMachineRelocateSpec
  readonly ServiceLocator: ServiceLocator
  readonly VirtualMachineRelocateSpecDiskLocator: VirtualMachineRelocateSpecDiskLocator
  readonly VirtualMachineRelocateSpecDiskLocatorBackingSpec: VirtualMachineRelocateSpecDiskLocatorBackingSpec
  readonly ServiceLocatorCredential: ServiceLocatorCredential
  readonly ServiceLocatorNamePassword: ServiceLocatorNamePassword
  readonly ServiceLocatorSAMLCredential: ServiceLocatorSAMLCredential
  readonly VirtualMachineQuickStats: VirtualMachineQuickStats
  readonly VirtualMachineQuickStatsMemoryTierStats: VirtualMachineQuickStatsMemoryTierStats
  readonly VirtualMachineSummary: VirtualMachineSummary
  readonly VirtualMachineGuestSummary: VirtualMachineGuestSummary
  readonly VirtualMachineConfigSummary: VirtualMachineConfigSummary
  readonly VirtualMachineStorageSummary: VirtualMachineStorageSummary
  readonly VirtualMachineRuntimeInfo: VirtualMachineRuntimeInfo
  readonly VirtualMachineDeviceRuntimeInfo: VirtualMachineDeviceRuntimeInfo
  readonly VirtualMachineRuntimeInfoDasProtectionState: VirtualMachineRuntimeInfoDasProtectionState
  readonly VirtualMachineQuestionInfo: VirtualMachineQuestionInfo
  readonly VirtualMachineMessage: VirtualMachineMessage
  readonly HostFeatureMask: HostFeatureMask
  readonly VirtualMachineDeviceRuntimeInfoDeviceRuntimeState: VirtualMachineDeviceRuntimeInfoDeviceRuntimeState
  readonly VirtualMachineDeviceRuntimeInfoVirtualEthernetCardRuntimeState: VirtualMachineDeviceRuntimeInfoVirtualEthernetCardRuntimeState
  readonly VirtualMachineCapability: VirtualMachineCapability
  readonly VirtualMachineTicket: VirtualMachineTicket
  readonly VirtualMachineMksTicket: VirtualMachineMksTicket
  readonly ClusterPowerOnVmResult: ClusterPowerOnVmResult
  readonly ClusterAttemptedVmInfo: ClusterAttemptedVmInfo
  readonly ClusterNotAttemptedVmInfo: ClusterNotAttemptedVmInfo
  readonly ClusterRecommendation: ClusterRecommendation
  readonly VirtualMachineSnapshotInfo: VirtualMachineSnapshotInfo
  readonly VirtualMachineSnapshotTree: VirtualMachineSnapshotTree
  readonly VirtualMachineGuestQuiesceSpec: VirtualMachineGuestQuiesceSpec
  readonly VirtualMachineWindowsQuiesceSpec: VirtualMachineWindowsQuiesceSpec
  readonly VirtualMachineFileLayout: VirtualMachineFileLayout
  readonly VirtualMachineFileLayoutDiskLayout: VirtualMachineFileLayoutDiskLayout
  readonly VirtualMachineFileLayoutSnapshotLayout: VirtualMachineFileLayoutSnapshotLayout
  readonly VirtualMachineFileLayoutEx: VirtualMachineFileLayoutEx
  readonly VirtualMachineFileLayoutExFileInfo: VirtualMachineFileLayoutExFileInfo
  readonly VirtualMachineFileLayoutExDiskLayout: VirtualMachineFileLayoutExDiskLayout
  readonly VirtualMachineFileLayoutExDiskUnit: VirtualMachineFileLayoutExDiskUnit
  readonly VirtualMachineFileLayoutExSnapshotLayout: VirtualMachineFileLayoutExSnapshotLayout
  readonly VirtualMachineStorageInfo: VirtualMachineStorageInfo
  readonly VirtualMachineUsageOnDatastore: VirtualMachineUsageOnDatastore
  readonly SnapshotSelectionSpec: SnapshotSelectionSpec
  readonly GuestInfo: GuestInfo
  readonly GuestNicInfo: GuestNicInfo
  readonly NetDnsConfigInfo: NetDnsConfigInfo
  readonly NetIpConfigInfo: NetIpConfigInfo
  readonly NetIpConfigInfoIpAddress: NetIpConfigInfoIpAddress
  readonly NetDhcpConfigInfo: NetDhcpConfigInfo
  readonly NetDhcpConfigInfoDhcpOptions: NetDhcpConfigInfoDhcpOptions
  readonly NetBIOSConfigInfo: NetBIOSConfigInfo
  readonly GuestStackInfo: GuestStackInfo
  readonly NetIpRouteConfigInfo: NetIpRouteConfigInfo
  readonly NetIpRouteConfigInfoIpRoute: NetIpRouteConfigInfoIpRoute
  readonly NetIpRouteConfigInfoGateway: NetIpRouteConfigInfoGateway
  readonly GuestDiskInfo: GuestDiskInfo
  readonly GuestInfoVirtualDiskMapping: GuestInfoVirtualDiskMapping
  readonly GuestScreenInfo: GuestScreenInfo
  readonly GuestInfoNamespaceGenerationInfo: GuestInfoNamespaceGenerationInfo
  readonly GuestInfoCustomizationInfo: GuestInfoCustomizationInfo
  readonly GuestAuthentication: GuestAuthentication
  readonly NamePasswordAuthentication: NamePasswordAuthentication
  readonly GuestProgramSpec: GuestProgramSpec
  readonly GuestWindowsProgramSpec: GuestWindowsProgramSpec
  readonly GuestProcessInfo: GuestProcessInfo
  readonly GuestFileAttributes: GuestFileAttributes
  readonly GuestPosixFileAttributes: GuestPosixFileAttributes
  readonly GuestWindowsFileAttributes: GuestWindowsFileAttributes
  readonly FileTransferInformation: FileTransferInformation
  readonly DatastoreSummary: DatastoreSummary
  readonly DatastoreCapability: DatastoreCapability
  readonly DatastoreInfo: DatastoreInfo
  readonly LocalDatastoreInfo: LocalDatastoreInfo
  readonly NasDatastoreInfo: NasDatastoreInfo
  readonly PMemDatastoreInfo: PMemDatastoreInfo
  readonly VmfsDatastoreInfo: VmfsDatastoreInfo
  readonly VsanDatastoreInfo: VsanDatastoreInfo
  readonly VvolDatastoreInfo: VvolDatastoreInfo
  readonly HostFileSystemVolume: HostFileSystemVolume
  readonly HostLocalFileSystemVolume: HostLocalFileSystemVolume
  readonly HostNasVolume: HostNasVolume
  readonly HostPMemVolume: HostPMemVolume
  readonly HostVfatVolume: HostVfatVolume
  readonly HostVffsVolume: HostVffsVolume
  readonly HostScsiDiskPartition: HostScsiDiskPartition
  readonly HostVmfsVolume: HostVmfsVolume
  readonly VmfsUnmapBandwidthSpec: VmfsUnmapBandwidthSpec
  readonly HostForceMountedInfo: HostForceMountedInfo
  readonly HostVvolVolume: HostVvolVolume
  readonly VVolHostPE: VVolHostPE
  readonly HostVvolVolumeHostVvolNQN: HostVvolVolumeHostVvolNQN
  readonly HostVvolNQN: HostVvolNQN
  readonly VASAStorageArray: VASAStorageArray
  readonly VASAStorageArrayDiscoverySvcInfo: VASAStorageArrayDiscoverySvcInfo
  readonly VASAStorageArrayDiscoveryIpTransport: VASAStorageArrayDiscoveryIpTransport
  readonly VASAStorageArrayDiscoveryFcTransport: VASAStorageArrayDiscoveryFcTransport
  readonly DatastoreHostMount: DatastoreHostMount
  readonly HostMountInfo: HostMountInfo
  readonly StorageIORMInfo: StorageIORMInfo
  readonly HostDatastoreBrowserSearchSpec: HostDatastoreBrowserSearchSpec
  readonly FileQueryFlags: FileQueryFlags
  readonly HostDatastoreBrowserSearchResults: HostDatastoreBrowserSearchResults
  readonly FileInfo: FileInfo
  readonly FloppyImageFileInfo: FloppyImageFileInfo
  readonly FolderFileInfo: FolderFileInfo
  readonly IsoImageFileInfo: IsoImageFileInfo
  readonly VmConfigFileInfo: VmConfigFileInfo
  readonly VmConfigFileEncryptionInfo: VmConfigFileEncryptionInfo
  readonly TemplateConfigFileInfo: TemplateConfigFileInfo
  readonly VmDiskFileInfo: VmDiskFileInfo
  readonly VmDiskFileEncryptionInfo: VmDiskFileEncryptionInfo
  readonly VmLogFileInfo: VmLogFileInfo
  readonly VmNvramFileInfo: VmNvramFileInfo
  readonly VmSnapshotFileInfo: VmSnapshotFileInfo
  readonly FileQuery: FileQuery
  readonly FloppyImageFileQuery: FloppyImageFileQuery
  readonly FolderFileQuery: FolderFileQuery
  readonly IsoImageFileQuery: IsoImageFileQuery
  readonly VmConfigFileQuery: VmConfigFileQuery
  readonly VmConfigFileQueryFilter: VmConfigFileQueryFilter
  readonly VmConfigFileQueryFlags: VmConfigFileQueryFlags
  readonly TemplateConfigFileQuery: TemplateConfigFileQuery
  readonly VmDiskFileQuery: VmDiskFileQuery
  readonly VmDiskFileQueryFilter: VmDiskFileQueryFilter
  readonly VmDiskFileQueryFlags: VmDiskFileQueryFlags
  readonly VmLogFileQuery: VmLogFileQuery
  readonly VmNvramFileQuery: VmNvramFileQuery
  readonly VmSnapshotFileQuery: VmSnapshotFileQuery
  readonly HostListSummary: HostListSummary
  readonly HostHardwareSummary: HostHardwareSummary
  readonly HostSystemIdentificationInfo: HostSystemIdentificationInfo
  readonly HostRuntimeInfo: HostRuntimeInfo
  readonly HealthSystemRuntime: HealthSystemRuntime
  readonly HostSystemHealthInfo: HostSystemHealthInfo
  readonly HostNumericSensorInfo: HostNumericSensorInfo
  readonly HostFru: HostFru
  readonly HostHardwareStatusInfo: HostHardwareStatusInfo
  readonly ClusterDasFdmHostState: ClusterDasFdmHostState
  readonly VsanHostRuntimeInfo: VsanHostRuntimeInfo
  readonly VsanHostMembershipInfo: VsanHostMembershipInfo
  readonly VsanHostRuntimeInfoDiskIssue: VsanHostRuntimeInfoDiskIssue
  readonly HostRuntimeInfoNetworkRuntimeInfo: HostRuntimeInfoNetworkRuntimeInfo
  readonly HostRuntimeInfoNetStackInstanceRuntimeInfo: HostRuntimeInfoNetStackInstanceRuntimeInfo
  readonly HostNetworkResourceRuntime: HostNetworkResourceRuntime
  readonly HostPnicNetworkResourceInfo: HostPnicNetworkResourceInfo
  readonly HostPlacedVirtualNicIdentifier: HostPlacedVirtualNicIdentifier
  readonly HostVFlashManagerVFlashResourceRunTimeInfo: HostVFlashManagerVFlashResourceRunTimeInfo
  readonly HostPartialMaintenanceModeRuntimeInfo: HostPartialMaintenanceModeRuntimeInfo
  readonly HostRuntimeInfoStateEncryptionInfo: HostRuntimeInfoStateEncryptionInfo
  readonly HostConfigSummary: HostConfigSummary
  readonly HostFeatureVersionInfo: HostFeatureVersionInfo
  readonly HostListSummaryQuickStats: HostListSummaryQuickStats
  readonly HostListSummaryGatewaySummary: HostListSummaryGatewaySummary
  readonly HostTpmAttestationInfo: HostTpmAttestationInfo
  readonly HostTrustAuthorityAttestationInfo: HostTrustAuthorityAttestationInfo
  readonly HostConfigInfo: HostConfigInfo
  readonly HostNetOffloadCapabilities: HostNetOffloadCapabilities
  readonly HostVirtualNicManagerInfo: HostVirtualNicManagerInfo
  readonly VirtualNicManagerNetConfig: VirtualNicManagerNetConfig
  readonly HostVirtualNic: HostVirtualNic
  readonly HostVirtualNicSpec: HostVirtualNicSpec
  readonly HostIpConfig: HostIpConfig
  readonly HostIpConfigIpV6AddressConfiguration: HostIpConfigIpV6AddressConfiguration
  readonly HostIpConfigIpV6Address: HostIpConfigIpV6Address
  readonly HostVirtualNicOpaqueNetworkSpec: HostVirtualNicOpaqueNetworkSpec
  readonly HostVirtualNicIpRouteSpec: HostVirtualNicIpRouteSpec
  readonly HostIpRouteConfig: HostIpRouteConfig
  readonly HostConfigManager: HostConfigManager
  readonly HostDigestInfo: HostDigestInfo
  readonly HostTpmDigestInfo: HostTpmDigestInfo
  readonly HostHardwareElementInfo: HostHardwareElementInfo
  readonly DpuStatusInfo: DpuStatusInfo
  readonly DpuStatusInfoOperationalInfo: DpuStatusInfoOperationalInfo
  readonly HostStorageElementInfo: HostStorageElementInfo
  readonly HostStorageOperationalInfo: HostStorageOperationalInfo
  readonly ComputeResourceSummary: ComputeResourceSummary
  readonly ClusterComputeResourceSummary: ClusterComputeResourceSummary
  readonly ClusterDasAdmissionControlInfo: ClusterDasAdmissionControlInfo
  readonly ClusterUsageSummary: ClusterUsageSummary
  readonly ClusterDasData: ClusterDasData
  readonly ClusterComputeResourceVcsSlots: ClusterComputeResourceVcsSlots
  readonly ComputeResourceConfigInfo: ComputeResourceConfigInfo
  readonly ResourcePoolSummary: ResourcePoolSummary
  readonly ResourcePoolRuntimeInfo: ResourcePoolRuntimeInfo
  readonly ResourcePoolResourceUsage: ResourcePoolResourceUsage
  readonly ResourcePoolQuickStats: ResourcePoolQuickStats
  readonly VirtualAppSummary: VirtualAppSummary
  readonly NetworkSummary: NetworkSummary
  readonly OpaqueNetworkSummary: OpaqueNetworkSummary
  readonly DVPortgroupConfigInfo: DVPortgroupConfigInfo
  readonly DVPortSetting: DVPortSetting
  readonly BoolPolicy: BoolPolicy
  readonly InheritablePolicy: InheritablePolicy
  readonly DVSTrafficShapingPolicy: DVSTrafficShapingPolicy
  readonly LongPolicy: LongPolicy
  readonly DVSVendorSpecificConfig: DVSVendorSpecificConfig
  readonly StringPolicy: StringPolicy
  readonly DvsFilterPolicy: DvsFilterPolicy
  readonly DvsFilterConfig: DvsFilterConfig
  readonly DvsFilterParameter: DvsFilterParameter
  readonly DVPortgroupPolicy: DVPortgroupPolicy
  readonly DistributedVirtualSwitchKeyedOpaqueBlob: DistributedVirtualSwitchKeyedOpaqueBlob
  readonly DistributedVirtualSwitchProductSpec: DistributedVirtualSwitchProductSpec
  readonly DVSSummary: DVSSummary
  readonly DVSContactInfo: DVSContactInfo
  readonly VMwareDVSPortSetting: VMwareDVSPortSetting
  readonly VmwareDistributedVirtualSwitchVlanSpec: VmwareDistributedVirtualSwitchVlanSpec
  readonly IntPolicy: IntPolicy
  readonly VmwareUplinkPortTeamingPolicy: VmwareUplinkPortTeamingPolicy
  readonly DVSFailureCriteria: DVSFailureCriteria
  readonly VMwareUplinkPortOrderPolicy: VMwareUplinkPortOrderPolicy
  readonly DVSSecurityPolicy: DVSSecurityPolicy
  readonly VMwareUplinkLacpPolicy: VMwareUplinkLacpPolicy
  readonly DVSMacManagementPolicy: DVSMacManagementPolicy
  readonly DVSMacLearningPolicy: DVSMacLearningPolicy
  readonly VirtualAppLinkInfo: VirtualAppLinkInfo
  readonly DatacenterConfigInfo: DatacenterConfigInfo
  readonly AlarmState: AlarmState
  readonly EVCMode: EVCMode
  readonly FeatureEVCMode: FeatureEVCMode
  readonly ClusterAction: ClusterAction
  readonly ClusterVmToolsMonitoringSettings: ClusterVmToolsMonitoringSettings
  readonly HttpNfcLeaseInfo: HttpNfcLeaseInfo
  readonly HttpNfcLeaseDeviceUrl: HttpNfcLeaseDeviceUrl
  readonly HttpNfcLeaseManifestEntry: HttpNfcLeaseManifestEntry
  readonly HttpNfcLeaseCapabilities: HttpNfcLeaseCapabilities
  readonly HttpNfcLeaseDatastoreLeaseInfo: HttpNfcLeaseDatastoreLeaseInfo
  readonly HttpNfcLeaseHostInfo: HttpNfcLeaseHostInfo
  readonly OvfCreateDescriptorParams: OvfCreateDescriptorParams
  readonly OvfFile: OvfFile
  readonly OvfCreateDescriptorResult: OvfCreateDescriptorResult
  readonly OvfCreateImportSpecParams: OvfCreateImportSpecParams
  readonly OvfManagerCommonParams: OvfManagerCommonParams
  readonly OvfNetworkMapping: OvfNetworkMapping
  readonly OvfResourceMap: OvfResourceMap
  readonly OvfConsumerOstNode: OvfConsumerOstNode
  readonly OvfConsumerOvfSection: OvfConsumerOvfSection
  readonly OvfCreateImportSpecResult: OvfCreateImportSpecResult
  readonly OvfFileItem: OvfFileItem
  readonly OvfOptionInfo: OvfOptionInfo
  readonly OvfParseDescriptorParams: OvfParseDescriptorParams
  readonly OvfParseDescriptorResult: OvfParseDescriptorResult
  readonly OvfNetworkInfo: OvfNetworkInfo
  readonly OvfDeploymentOption: OvfDeploymentOption
  readonly ImportSpec: ImportSpec
  readonly VirtualMachineImportSpec: VirtualMachineImportSpec
  readonly VirtualAppImportSpec: VirtualAppImportSpec
  readonly PerformanceDescription: PerformanceDescription
  readonly PerfInterval: PerfInterval
  readonly PerfCounterInfo: PerfCounterInfo
  readonly PerfProviderSummary: PerfProviderSummary
  readonly PerfMetricId: PerfMetricId
  readonly PerfQuerySpec: PerfQuerySpec
  readonly PerfSampleInfo: PerfSampleInfo
  readonly PerfEntityMetricBase: PerfEntityMetricBase
  readonly PerfEntityMetric: PerfEntityMetric
  readonly PerfMetricSeries: PerfMetricSeries
  readonly PerfMetricIntSeries: PerfMetricIntSeries
  readonly InternalServiceInstanceContent: InternalServiceInstanceContent
  readonly DisabledMethodRequest: DisabledMethodRequest
  readonly PbmServiceInstanceContent: PbmServiceInstanceContent
  readonly PbmAboutInfo: PbmAboutInfo
  readonly PbmServerObjectRef: PbmServerObjectRef
  readonly PbmProfileId: PbmProfileId
  readonly PbmProfileResourceType: PbmProfileResourceType
  readonly PbmProfile: PbmProfile
  readonly PbmCapabilityProfile: PbmCapabilityProfile
  readonly PbmCapabilityConstraints: PbmCapabilityConstraints
  readonly PbmFault: PbmFault
  readonly PbmFaultNoPermissionEntityPrivileges: PbmFaultNoPermissionEntityPrivileges
  readonly PbmFaultNoPermission: PbmFaultNoPermission
}

/** Every data object type from which others derive, with the names of all that do. */
export interface Families {
  readonly Description:
    | 'Description'
    | 'ElementDescription'
    | 'ExtendedElementDescription'
    | 'TypeDescription'
    | 'OptionDef'
    | 'EVCMode'
    | 'FeatureEVCMode'
  readonly ElementDescription:
    | 'ElementDescription'
    | 'ExtendedElementDescription'
    | 'OptionDef'
    | 'EVCMode'
    | 'FeatureEVCMode'
  readonly OptionType:
    | 'OptionType'
    | 'BoolOption'
    | 'ChoiceOption'
    | 'FloatOption'
    | 'IntOption'
    | 'LongOption'
    | 'StringOption'
  readonly CustomFieldValue: 'CustomFieldValue' | 'CustomFieldStringValue'
  readonly ArrayUpdateSpec:
    | 'ArrayUpdateSpec'
    | 'VirtualMachineCpuIdInfoSpec'
    | 'VAppProductSpec'
    | 'VAppPropertySpec'
    | 'VAppOvfSectionSpec'
  readonly SessionManagerServiceRequestSpec:
    | 'SessionManagerServiceRequestSpec'
    | 'SessionManagerHttpServiceRequestSpec'
    | 'SessionManagerVmomiServiceRequestSpec'
  readonly SelectionSpec: 'SelectionSpec' | 'TraversalSpec'
  readonly TaskReason: 'TaskReason' | 'TaskReasonAlarm' | 'TaskReasonSchedule' | 'TaskReasonSystem' | 'TaskReasonUser'
  readonly Event:
    | 'Event'
    | 'EventEx'
    | 'ExtendedEvent'
    | 'GeneralEvent'
    | 'GeneralUserEvent'
    | 'TaskEvent'
    | 'SessionEvent'
    | 'UserLoginSessionEvent'
    | 'UserLogoutSessionEvent'
    | 'BadUsernameSessionEvent'
    | 'SessionTerminatedEvent'
    | 'NoAccessUserEvent'
    | 'VmEvent'
    | 'VmCreatedEvent'
    | 'VmBeingCreatedEvent'
    | 'VmRegisteredEvent'
    | 'VmRemovedEvent'
    | 'VmReconfiguredEvent'
    | 'VmRenamedEvent'
    | 'VmStartingEvent'
    | 'VmPoweredOnEvent'
    | 'VmStoppingEvent'
    | 'VmPoweredOffEvent'
    | 'VmSuspendingEvent'
    | 'VmSuspendedEvent'
    | 'VmResettingEvent'
    | 'VmGuestShutdownEvent'
    | 'VmBeingClonedEvent'
    | 'VmCloneEvent'
    | 'VmClonedEvent'
    | 'VmBeingMigratedEvent'
    | 'VmMigratedEvent'
    | 'VmRelocatedEvent'
    | 'VmRelocateSpecEvent'
    | 'VmConnectedEvent'
    | 'VmDisconnectedEvent'
    | 'VmUuidAssignedEvent'
    | 'VmInstanceUuidAssignedEvent'
    | 'VmMacAssignedEvent'
    | 'VmFailedToPowerOnEvent'
    | 'VmResourceReallocatedEvent'
    | 'HostEvent'
    | 'HostConnectedEvent'
    | 'HostDisconnectedEvent'
    | 'HostConnectionLostEvent'
    | 'EnteredMaintenanceModeEvent'
    | 'ExitMaintenanceModeEvent'
    | 'DatastoreEvent'
    | 'DatastoreCapacityIncreasedEvent'
    | 'DatastoreRenamedEvent'
    | 'DatacenterEvent'
    | 'DatacenterCreatedEvent'
  readonly EventArgument:
    | 'EventArgument'
    | 'EntityEventArgument'
    | 'ManagedEntityEventArgument'
    | 'FolderEventArgument'
    | 'DatacenterEventArgument'
    | 'ComputeResourceEventArgument'
    | 'ResourcePoolEventArgument'
    | 'HostEventArgument'
    | 'VmEventArgument'
    | 'DatastoreEventArgument'
    | 'NetworkEventArgument'
    | 'DvsEventArgument'
  readonly EntityEventArgument:
    | 'EntityEventArgument'
    | 'ManagedEntityEventArgument'
    | 'FolderEventArgument'
    | 'DatacenterEventArgument'
    | 'ComputeResourceEventArgument'
    | 'ResourcePoolEventArgument'
    | 'HostEventArgument'
    | 'VmEventArgument'
    | 'DatastoreEventArgument'
    | 'NetworkEventArgument'
    | 'DvsEventArgument'
  readonly GeneralEvent: 'ExtendedEvent' | 'GeneralEvent' | 'GeneralUserEvent'
  readonly SessionEvent:
    | 'SessionEvent'
    | 'UserLoginSessionEvent'
    | 'UserLogoutSessionEvent'
    | 'BadUsernameSessionEvent'
    | 'SessionTerminatedEvent'
    | 'NoAccessUserEvent'
  readonly VmEvent:
    | 'VmEvent'
    | 'VmCreatedEvent'
    | 'VmBeingCreatedEvent'
    | 'VmRegisteredEvent'
    | 'VmRemovedEvent'
    | 'VmReconfiguredEvent'
    | 'VmRenamedEvent'
    | 'VmStartingEvent'
    | 'VmPoweredOnEvent'
    | 'VmStoppingEvent'
    | 'VmPoweredOffEvent'
    | 'VmSuspendingEvent'
    | 'VmSuspendedEvent'
    | 'VmResettingEvent'
    | 'VmGuestShutdownEvent'
    | 'VmBeingClonedEvent'
    | 'VmCloneEvent'
    | 'VmClonedEvent'
    | 'VmBeingMigratedEvent'
    | 'VmMigratedEvent'
    | 'VmRelocatedEvent'
    | 'VmRelocateSpecEvent'
    | 'VmConnectedEvent'
    | 'VmDisconnectedEvent'
    | 'VmUuidAssignedEvent'
    | 'VmInstanceUuidAssignedEvent'
    | 'VmMacAssignedEvent'
    | 'VmFailedToPowerOnEvent'
    | 'VmResourceReallocatedEvent'
  readonly VmCloneEvent: 'VmBeingClonedEvent' | 'VmCloneEvent' | 'VmClonedEvent'
  readonly VmRelocateSpecEvent: 'VmRelocatedEvent' | 'VmRelocateSpecEvent'
  readonly HostEvent:
    | 'HostEvent'
    | 'HostConnectedEvent'
    | 'HostDisconnectedEvent'
    | 'HostConnectionLostEvent'
    | 'EnteredMaintenanceModeEvent'
    | 'ExitMaintenanceModeEvent'
  readonly DatastoreEvent: 'DatastoreEvent' | 'DatastoreCapacityIncreasedEvent' | 'DatastoreRenamedEvent'
  readonly DatacenterEvent: 'DatacenterEvent' | 'DatacenterCreatedEvent'
  readonly MethodFault:
    | 'MethodFault'
    | 'RuntimeFault'
    | 'VimFault'
    | 'HostCommunication'
    | 'HostNotConnected'
    | 'HostNotReachable'
    | 'InvalidArgument'
    | 'InvalidProfileReferenceHost'
    | 'InvalidRequest'
    | 'InvalidType'
    | 'ManagedObjectNotFound'
    | 'MethodNotFound'
    | 'MethodDisabled'
    | 'MethodAlreadyDisabledFault'
    | 'NotEnoughLicenses'
    | 'NotImplemented'
    | 'NotSupported'
    | 'RequestCanceled'
    | 'RestrictedByAdministrator'
    | 'RestrictedVersion'
    | 'SecurityError'
    | 'NoPermission'
    | 'NotAuthenticated'
    | 'SystemError'
    | 'UnexpectedFault'
    | 'CannotDisableSnapshot'
    | 'UnsupportedVmxLocation'
    | 'InvalidLogin'
    | 'NoSubjectName'
    | 'InvalidLocale'
    | 'PasswordExpired'
    | 'InvalidClientCertificate'
    | 'InvalidProperty'
    | 'InvalidCollectorVersion'
    | 'InvalidName'
    | 'InvalidPrivilege'
    | 'InvalidFolder'
    | 'NotFound'
    | 'AlreadyExists'
    | 'DuplicateName'
    | 'ResourceInUse'
    | 'ResourceNotAvailable'
    | 'ConcurrentAccess'
    | 'Timedout'
    | 'NotSupportedHost'
    | 'OutOfBounds'
    | 'UserNotFound'
    | 'UnrecognizedHost'
    | 'HostConnectFault'
    | 'HostConfigFault'
    | 'LicenseEntityNotFound'
    | 'LimitExceeded'
    | 'DatabaseError'
    | 'FeatureRequirementsNotMet'
    | 'VirtualHardwareCompatibilityIssue'
    | 'InvalidState'
    | 'InvalidHostState'
    | 'InvalidPowerState'
    | 'InvalidDatastoreState'
    | 'InvalidHostConnectionState'
    | 'TaskInProgress'
    | 'VAppTaskInProgress'
    | 'EncryptionKeyRequired'
    | 'ToolsUnavailable'
    | 'GuestOperationsUnavailable'
    | 'GuestOperationsFault'
    | 'GuestComponentsOutOfDate'
    | 'GuestPermissionDenied'
    | 'GuestProcessNotFound'
    | 'InvalidGuestLogin'
    | 'OperationDisabledByGuest'
    | 'OperationNotSupportedByGuest'
    | 'TooManyGuestLogons'
    | 'CannotAccessLocalSource'
    | 'NoActiveHostInCluster'
    | 'NoHost'
    | 'VmConfigFault'
    | 'GenericVmConfigFault'
    | 'InvalidVmConfig'
    | 'InvalidDeviceSpec'
    | 'DeviceNotSupported'
    | 'DeviceNotFound'
    | 'DeviceUnsupportedForVmPlatform'
    | 'DeviceUnsupportedForVmVersion'
    | 'DeviceBackingNotSupported'
    | 'DeviceControllerNotSupported'
    | 'DeviceHotPlugNotSupported'
    | 'InvalidDeviceBacking'
    | 'InvalidDeviceOperation'
    | 'InvalidFormat'
    | 'InvalidDiskFormat'
    | 'InvalidSnapshotFormat'
    | 'InvalidController'
    | 'MissingController'
    | 'DiskNotSupported'
    | 'TooManyDevices'
    | 'UnsupportedGuest'
    | 'UnsupportedDatastore'
    | 'UnconfiguredPropertyValue'
    | 'InvalidPropertyValue'
    | 'VAppPropertyFault'
    | 'VirtualHardwareVersionNotSupported'
    | 'VirtualDiskModeNotSupported'
    | 'MultiWriterNotSupported'
    | 'RDMNotSupported'
    | 'RawDiskNotSupported'
    | 'SnapshotCopyNotSupported'
    | 'RDMNotSupportedOnDatastore'
    | 'CannotAccessVmComponent'
    | 'CannotAccessVmDevice'
    | 'CannotAccessVmDisk'
    | 'CannotAccessNetwork'
    | 'NotUserConfigurableProperty'
    | 'CannotUseNetwork'
    | 'FileBackedPortNotSupported'
    | 'MemoryHotPlugNotSupported'
    | 'NumVirtualCpusNotSupported'
    | 'FileFault'
    | 'FileNotFound'
    | 'FileAlreadyExists'
    | 'FileLocked'
    | 'FileNotWritable'
    | 'FileTooLarge'
    | 'FileNameTooLong'
    | 'CannotAccessFile'
    | 'CannotCreateFile'
    | 'CannotDeleteFile'
    | 'DirectoryNotEmpty'
    | 'NoDiskSpace'
    | 'NoDiskFound'
    | 'NetworkCopyFault'
    | 'SwapPlacementOverrideNotSupported'
    | 'DeltaDiskFormatNotSupported'
    | 'VmWwnConflict'
    | 'DatastoreNotWritableOnHost'
    | 'InvalidDatastore'
    | 'InaccessibleDatastore'
    | 'InvalidDatastorePath'
    | 'InsufficientResourcesFault'
    | 'InsufficientStorageSpace'
    | 'VmfsMountFault'
    | 'SnapshotFault'
    | 'ApplicationQuiesceFault'
    | 'FilesystemQuiesceFault'
    | 'SnapshotDisabled'
    | 'SnapshotIncompatibleDeviceInVm'
    | 'SnapshotLocked'
    | 'SnapshotMoveFromNonHomeNotSupported'
    | 'SnapshotMoveNotSupported'
    | 'SnapshotMoveToNonHomeNotSupported'
    | 'SnapshotNoChange'
    | 'SnapshotRevertIssue'
    | 'SnapshotCloneNotSupported'
    | 'TooManySnapshotLevels'
    | 'MemorySnapshotOnIndependentDisk'
    | 'MultipleSnapshotsNotSupported'
    | 'MigrationFault'
    | 'DisallowedDiskModeChange'
    | 'OvfFault'
    | 'OvfInvalidPackage'
    | 'OvfNoHostNic'
    | 'OvfUnsupportedPackage'
    | 'OvfImportFailed'
    | 'OvfImport'
    | 'PbmFault'
    | 'PbmFaultNoPermission'
  readonly RuntimeFault:
    | 'RuntimeFault'
    | 'HostCommunication'
    | 'HostNotConnected'
    | 'HostNotReachable'
    | 'InvalidArgument'
    | 'InvalidProfileReferenceHost'
    | 'InvalidRequest'
    | 'InvalidType'
    | 'ManagedObjectNotFound'
    | 'MethodNotFound'
    | 'MethodDisabled'
    | 'MethodAlreadyDisabledFault'
    | 'NotEnoughLicenses'
    | 'NotImplemented'
    | 'NotSupported'
    | 'RequestCanceled'
    | 'RestrictedByAdministrator'
    | 'RestrictedVersion'
    | 'SecurityError'
    | 'NoPermission'
    | 'NotAuthenticated'
    | 'SystemError'
    | 'UnexpectedFault'
    | 'DatabaseError'
    | 'PbmFaultNoPermission'
  readonly VimFault:
    | 'VimFault'
    | 'CannotDisableSnapshot'
    | 'UnsupportedVmxLocation'
    | 'InvalidLogin'
    | 'NoSubjectName'
    | 'InvalidLocale'
    | 'PasswordExpired'
    | 'InvalidClientCertificate'
    | 'InvalidName'
    | 'InvalidPrivilege'
    | 'InvalidFolder'
    | 'NotFound'
    | 'AlreadyExists'
    | 'DuplicateName'
    | 'ResourceInUse'
    | 'ResourceNotAvailable'
    | 'ConcurrentAccess'
    | 'Timedout'
    | 'NotSupportedHost'
    | 'OutOfBounds'
    | 'UserNotFound'
    | 'UnrecognizedHost'
    | 'HostConnectFault'
    | 'HostConfigFault'
    | 'LicenseEntityNotFound'
    | 'LimitExceeded'
    | 'FeatureRequirementsNotMet'
    | 'VirtualHardwareCompatibilityIssue'
    | 'InvalidState'
    | 'InvalidHostState'
    | 'InvalidPowerState'
    | 'InvalidDatastoreState'
    | 'InvalidHostConnectionState'
    | 'TaskInProgress'
    | 'VAppTaskInProgress'
    | 'EncryptionKeyRequired'
    | 'ToolsUnavailable'
    | 'GuestOperationsUnavailable'
    | 'GuestOperationsFault'
    | 'GuestComponentsOutOfDate'
    | 'GuestPermissionDenied'
    | 'GuestProcessNotFound'
    | 'InvalidGuestLogin'
    | 'OperationDisabledByGuest'
    | 'OperationNotSupportedByGuest'
    | 'TooManyGuestLogons'
    | 'CannotAccessLocalSource'
    | 'NoActiveHostInCluster'
    | 'NoHost'
    | 'VmConfigFault'
    | 'GenericVmConfigFault'
    | 'InvalidVmConfig'
    | 'InvalidDeviceSpec'
    | 'DeviceNotSupported'
    | 'DeviceNotFound'
    | 'DeviceUnsupportedForVmPlatform'
    | 'DeviceUnsupportedForVmVersion'
    | 'DeviceBackingNotSupported'
    | 'DeviceControllerNotSupported'
    | 'DeviceHotPlugNotSupported'
    | 'InvalidDeviceBacking'
    | 'InvalidDeviceOperation'
    | 'InvalidFormat'
    | 'InvalidDiskFormat'
    | 'InvalidSnapshotFormat'
    | 'InvalidController'
    | 'MissingController'
    | 'DiskNotSupported'
    | 'TooManyDevices'
    | 'UnsupportedGuest'
    | 'UnsupportedDatastore'
    | 'UnconfiguredPropertyValue'
    | 'InvalidPropertyValue'
    | 'VAppPropertyFault'
    | 'VirtualHardwareVersionNotSupported'
    | 'VirtualDiskModeNotSupported'
    | 'MultiWriterNotSupported'
    | 'RDMNotSupported'
    | 'RawDiskNotSupported'
    | 'SnapshotCopyNotSupported'
    | 'RDMNotSupportedOnDatastore'
    | 'CannotAccessVmComponent'
    | 'CannotAccessVmDevice'
    | 'CannotAccessVmDisk'
    | 'CannotAccessNetwork'
    | 'NotUserConfigurableProperty'
    | 'CannotUseNetwork'
    | 'FileBackedPortNotSupported'
    | 'MemoryHotPlugNotSupported'
    | 'NumVirtualCpusNotSupported'
    | 'FileFault'
    | 'FileNotFound'
    | 'FileAlreadyExists'
    | 'FileLocked'
    | 'FileNotWritable'
    | 'FileTooLarge'
    | 'FileNameTooLong'
    | 'CannotAccessFile'
    | 'CannotCreateFile'
    | 'CannotDeleteFile'
    | 'DirectoryNotEmpty'
    | 'NoDiskSpace'
    | 'NoDiskFound'
    | 'NetworkCopyFault'
    | 'SwapPlacementOverrideNotSupported'
    | 'DeltaDiskFormatNotSupported'
    | 'VmWwnConflict'
    | 'DatastoreNotWritableOnHost'
    | 'InvalidDatastore'
    | 'InaccessibleDatastore'
    | 'InvalidDatastorePath'
    | 'InsufficientResourcesFault'
    | 'InsufficientStorageSpace'
    | 'VmfsMountFault'
    | 'SnapshotFault'
    | 'ApplicationQuiesceFault'
    | 'FilesystemQuiesceFault'
    | 'SnapshotDisabled'
    | 'SnapshotIncompatibleDeviceInVm'
    | 'SnapshotLocked'
    | 'SnapshotMoveFromNonHomeNotSupported'
    | 'SnapshotMoveNotSupported'
    | 'SnapshotMoveToNonHomeNotSupported'
    | 'SnapshotNoChange'
    | 'SnapshotRevertIssue'
    | 'SnapshotCloneNotSupported'
    | 'TooManySnapshotLevels'
    | 'MemorySnapshotOnIndependentDisk'
    | 'MultipleSnapshotsNotSupported'
    | 'MigrationFault'
    | 'DisallowedDiskModeChange'
    | 'OvfFault'
    | 'OvfInvalidPackage'
    | 'OvfNoHostNic'
    | 'OvfUnsupportedPackage'
    | 'OvfImportFailed'
    | 'OvfImport'
  readonly HostCommunication: 'HostCommunication' | 'HostNotConnected' | 'HostNotReachable'
  readonly InvalidRequest: 'InvalidRequest' | 'InvalidType' | 'MethodNotFound'
  readonly SecurityError:
    | 'RestrictedVersion'
    | 'SecurityError'
    | 'NoPermission'
    | 'NotAuthenticated'
    | 'PbmFaultNoPermission'
  readonly NoPermission: 'NoPermission' | 'NotAuthenticated'
  readonly InvalidLogin: 'InvalidLogin' | 'PasswordExpired' | 'InvalidClientCertificate'
  readonly HostConnectFault: 'NotSupportedHost' | 'HostConnectFault' | 'NoHost'
  readonly HostConfigFault: 'HostConfigFault' | 'VmfsMountFault'
  readonly VirtualHardwareCompatibilityIssue:
    | 'FeatureRequirementsNotMet'
    | 'VirtualHardwareCompatibilityIssue'
    | 'DeviceNotSupported'
    | 'DeviceBackingNotSupported'
    | 'DeviceControllerNotSupported'
    | 'DiskNotSupported'
    | 'VirtualHardwareVersionNotSupported'
    | 'VirtualDiskModeNotSupported'
    | 'MultiWriterNotSupported'
    | 'RDMNotSupported'
    | 'RawDiskNotSupported'
    | 'FileBackedPortNotSupported'
    | 'NumVirtualCpusNotSupported'
  readonly InvalidState:
    | 'InvalidState'
    | 'InvalidHostState'
    | 'InvalidPowerState'
    | 'InvalidDatastoreState'
    | 'InvalidHostConnectionState'
    | 'EncryptionKeyRequired'
    | 'NoActiveHostInCluster'
  readonly InvalidHostState: 'InvalidHostState' | 'InvalidHostConnectionState'
  readonly TaskInProgress: 'TaskInProgress' | 'VAppTaskInProgress'
  readonly GuestOperationsFault:
    | 'GuestOperationsUnavailable'
    | 'GuestOperationsFault'
    | 'GuestComponentsOutOfDate'
    | 'GuestPermissionDenied'
    | 'GuestProcessNotFound'
    | 'InvalidGuestLogin'
    | 'OperationDisabledByGuest'
    | 'OperationNotSupportedByGuest'
    | 'TooManyGuestLogons'
  readonly VmConfigFault:
    | 'CannotDisableSnapshot'
    | 'UnsupportedVmxLocation'
    | 'FeatureRequirementsNotMet'
    | 'VirtualHardwareCompatibilityIssue'
    | 'VmConfigFault'
    | 'GenericVmConfigFault'
    | 'InvalidVmConfig'
    | 'InvalidDeviceSpec'
    | 'DeviceNotSupported'
    | 'DeviceNotFound'
    | 'DeviceUnsupportedForVmPlatform'
    | 'DeviceUnsupportedForVmVersion'
    | 'DeviceBackingNotSupported'
    | 'DeviceControllerNotSupported'
    | 'DeviceHotPlugNotSupported'
    | 'InvalidDeviceBacking'
    | 'InvalidDeviceOperation'
    | 'InvalidFormat'
    | 'InvalidDiskFormat'
    | 'InvalidSnapshotFormat'
    | 'InvalidController'
    | 'MissingController'
    | 'DiskNotSupported'
    | 'TooManyDevices'
    | 'UnsupportedGuest'
    | 'UnsupportedDatastore'
    | 'UnconfiguredPropertyValue'
    | 'InvalidPropertyValue'
    | 'VAppPropertyFault'
    | 'VirtualHardwareVersionNotSupported'
    | 'VirtualDiskModeNotSupported'
    | 'MultiWriterNotSupported'
    | 'RDMNotSupported'
    | 'RawDiskNotSupported'
    | 'RDMNotSupportedOnDatastore'
    | 'CannotAccessVmComponent'
    | 'CannotAccessVmDevice'
    | 'CannotAccessVmDisk'
    | 'CannotAccessNetwork'
    | 'NotUserConfigurableProperty'
    | 'CannotUseNetwork'
    | 'FileBackedPortNotSupported'
    | 'MemoryHotPlugNotSupported'
    | 'NumVirtualCpusNotSupported'
    | 'SwapPlacementOverrideNotSupported'
    | 'DeltaDiskFormatNotSupported'
    | 'VmWwnConflict'
    | 'DisallowedDiskModeChange'
  readonly InvalidVmConfig:
    | 'InvalidVmConfig'
    | 'InvalidDeviceSpec'
    | 'DeviceNotFound'
    | 'DeviceUnsupportedForVmPlatform'
    | 'DeviceUnsupportedForVmVersion'
    | 'DeviceHotPlugNotSupported'
    | 'InvalidDeviceBacking'
    | 'InvalidDeviceOperation'
    | 'InvalidController'
    | 'MissingController'
    | 'TooManyDevices'
    | 'UnsupportedGuest'
    | 'SwapPlacementOverrideNotSupported'
    | 'VmWwnConflict'
    | 'DisallowedDiskModeChange'
  readonly InvalidDeviceSpec:
    | 'InvalidDeviceSpec'
    | 'DeviceNotFound'
    | 'DeviceUnsupportedForVmPlatform'
    | 'DeviceUnsupportedForVmVersion'
    | 'DeviceHotPlugNotSupported'
    | 'InvalidDeviceBacking'
    | 'InvalidDeviceOperation'
    | 'InvalidController'
    | 'MissingController'
    | 'DisallowedDiskModeChange'
  readonly DeviceNotSupported:
    | 'DeviceNotSupported'
    | 'DeviceBackingNotSupported'
    | 'DeviceControllerNotSupported'
    | 'VirtualDiskModeNotSupported'
    | 'MultiWriterNotSupported'
    | 'RDMNotSupported'
    | 'RawDiskNotSupported'
    | 'FileBackedPortNotSupported'
  readonly InvalidFormat: 'InvalidFormat' | 'InvalidDiskFormat' | 'InvalidSnapshotFormat'
  readonly InvalidPropertyValue: 'UnconfiguredPropertyValue' | 'InvalidPropertyValue'
  readonly VAppPropertyFault:
    | 'UnconfiguredPropertyValue'
    | 'InvalidPropertyValue'
    | 'VAppPropertyFault'
    | 'NotUserConfigurableProperty'
  readonly SnapshotCopyNotSupported:
    | 'SnapshotCopyNotSupported'
    | 'SnapshotMoveFromNonHomeNotSupported'
    | 'SnapshotMoveNotSupported'
    | 'SnapshotMoveToNonHomeNotSupported'
    | 'SnapshotCloneNotSupported'
  readonly CannotAccessVmComponent:
    | 'CannotAccessVmComponent'
    | 'CannotAccessVmDevice'
    | 'CannotAccessVmDisk'
    | 'CannotAccessNetwork'
  readonly CannotAccessVmDevice: 'CannotAccessVmDevice' | 'CannotAccessVmDisk' | 'CannotAccessNetwork'
  readonly FileFault:
    | 'FileFault'
    | 'FileNotFound'
    | 'FileAlreadyExists'
    | 'FileLocked'
    | 'FileNotWritable'
    | 'FileTooLarge'
    | 'FileNameTooLong'
    | 'CannotAccessFile'
    | 'CannotCreateFile'
    | 'CannotDeleteFile'
    | 'DirectoryNotEmpty'
    | 'NoDiskSpace'
    | 'NetworkCopyFault'
  readonly InvalidDatastore:
    | 'DatastoreNotWritableOnHost'
    | 'InvalidDatastore'
    | 'InaccessibleDatastore'
    | 'InvalidDatastorePath'
  readonly InsufficientResourcesFault: 'InsufficientResourcesFault' | 'InsufficientStorageSpace'
  readonly SnapshotFault:
    | 'SnapshotFault'
    | 'ApplicationQuiesceFault'
    | 'FilesystemQuiesceFault'
    | 'SnapshotDisabled'
    | 'SnapshotIncompatibleDeviceInVm'
    | 'SnapshotLocked'
    | 'SnapshotNoChange'
    | 'TooManySnapshotLevels'
    | 'MemorySnapshotOnIndependentDisk'
    | 'MultipleSnapshotsNotSupported'
  readonly MigrationFault:
    | 'SnapshotCopyNotSupported'
    | 'SnapshotMoveFromNonHomeNotSupported'
    | 'SnapshotMoveNotSupported'
    | 'SnapshotMoveToNonHomeNotSupported'
    | 'SnapshotRevertIssue'
    | 'SnapshotCloneNotSupported'
    | 'MigrationFault'
  readonly OvfFault:
    | 'OvfFault'
    | 'OvfInvalidPackage'
    | 'OvfNoHostNic'
    | 'OvfUnsupportedPackage'
    | 'OvfImportFailed'
    | 'OvfImport'
  readonly OvfUnsupportedPackage: 'OvfNoHostNic' | 'OvfUnsupportedPackage'
  readonly OvfImport: 'OvfImportFailed' | 'OvfImport'
  readonly VirtualDevice:
    | 'VirtualDevice'
    | 'VirtualDisk'
    | 'VirtualController'
    | 'VirtualIDEController'
    | 'VirtualNVDIMMController'
    | 'VirtualNVMEController'
    | 'VirtualPCIController'
    | 'VirtualPS2Controller'
    | 'VirtualSATAController'
    | 'VirtualAHCIController'
    | 'VirtualSCSIController'
    | 'ParaVirtualSCSIController'
    | 'VirtualBusLogicController'
    | 'VirtualLsiLogicController'
    | 'VirtualLsiLogicSASController'
    | 'VirtualSIOController'
    | 'VirtualUSBController'
    | 'VirtualUSBXHCIController'
    | 'VirtualEthernetCard'
    | 'VirtualE1000'
    | 'VirtualE1000e'
    | 'VirtualPCNet32'
    | 'VirtualSriovEthernetCard'
    | 'VirtualVmxnet'
    | 'VirtualVmxnet2'
    | 'VirtualVmxnet3'
    | 'VirtualVmxnet3Vrdma'
    | 'VirtualCdrom'
    | 'VirtualFloppy'
    | 'VirtualKeyboard'
    | 'VirtualMachineVMCIDevice'
    | 'VirtualMachineVMIROM'
    | 'VirtualMachineVideoCard'
    | 'VirtualNVDIMM'
    | 'VirtualPCIPassthrough'
    | 'VirtualParallelPort'
    | 'VirtualPointingDevice'
    | 'VirtualPrecisionClock'
    | 'VirtualSCSIPassthrough'
    | 'VirtualSerialPort'
    | 'VirtualSoundCard'
    | 'VirtualEnsoniq1371'
    | 'VirtualHdAudioCard'
    | 'VirtualSoundBlaster16'
    | 'VirtualTPM'
    | 'VirtualUSB'
    | 'VirtualWDT'
  readonly VirtualDeviceBackingInfo:
    | 'VirtualDeviceBackingInfo'
    | 'VirtualDeviceDeviceBackingInfo'
    | 'VirtualDeviceRemoteDeviceBackingInfo'
    | 'VirtualDeviceFileBackingInfo'
    | 'VirtualDevicePipeBackingInfo'
    | 'VirtualDeviceURIBackingInfo'
    | 'VirtualDiskFlatVer1BackingInfo'
    | 'VirtualDiskFlatVer2BackingInfo'
    | 'VirtualDiskSparseVer1BackingInfo'
    | 'VirtualDiskSparseVer2BackingInfo'
    | 'VirtualDiskSeSparseBackingInfo'
    | 'VirtualDiskRawDiskMappingVer1BackingInfo'
    | 'VirtualDiskRawDiskVer2BackingInfo'
    | 'VirtualDiskPartitionedRawDiskVer2BackingInfo'
    | 'VirtualDiskLocalPMemBackingInfo'
    | 'VirtualEthernetCardLegacyNetworkBackingInfo'
    | 'VirtualEthernetCardNetworkBackingInfo'
    | 'VirtualEthernetCardDistributedVirtualPortBackingInfo'
    | 'VirtualEthernetCardOpaqueNetworkBackingInfo'
    | 'VirtualSriovEthernetCardSriovBackingInfo'
    | 'VirtualCdromAtapiBackingInfo'
    | 'VirtualCdromPassthroughBackingInfo'
    | 'VirtualFloppyDeviceBackingInfo'
    | 'VirtualPCIPassthroughDeviceBackingInfo'
    | 'VirtualPCIPassthroughDynamicBackingInfo'
    | 'VirtualParallelPortDeviceBackingInfo'
    | 'VirtualPointingDeviceDeviceBackingInfo'
    | 'VirtualSCSIPassthroughDeviceBackingInfo'
    | 'VirtualSerialPortDeviceBackingInfo'
    | 'VirtualSoundCardDeviceBackingInfo'
    | 'VirtualUSBRemoteHostBackingInfo'
    | 'VirtualUSBUSBBackingInfo'
    | 'VirtualCdromIsoBackingInfo'
    | 'VirtualFloppyImageBackingInfo'
    | 'VirtualNVDIMMBackingInfo'
    | 'VirtualParallelPortFileBackingInfo'
    | 'VirtualSerialPortFileBackingInfo'
    | 'VirtualSerialPortPipeBackingInfo'
    | 'VirtualCdromRemoteAtapiBackingInfo'
    | 'VirtualCdromRemotePassthroughBackingInfo'
    | 'VirtualFloppyRemoteDeviceBackingInfo'
    | 'VirtualUSBRemoteClientBackingInfo'
    | 'VirtualSerialPortURIBackingInfo'
    | 'VirtualPCIPassthroughDvxBackingInfo'
    | 'VirtualPCIPassthroughPluginBackingInfo'
    | 'VirtualPCIPassthroughVmiopBackingInfo'
    | 'VirtualPrecisionClockSystemClockBackingInfo'
    | 'VirtualSerialPortThinPrintBackingInfo'
  readonly VirtualDeviceBusSlotInfo:
    | 'VirtualDeviceBusSlotInfo'
    | 'VirtualDevicePciBusSlotInfo'
    | 'VirtualUSBControllerPciBusSlotInfo'
  readonly VirtualDevicePciBusSlotInfo: 'VirtualDevicePciBusSlotInfo' | 'VirtualUSBControllerPciBusSlotInfo'
  readonly VirtualDeviceDeviceBackingInfo:
    | 'VirtualDeviceDeviceBackingInfo'
    | 'VirtualDiskRawDiskVer2BackingInfo'
    | 'VirtualDiskPartitionedRawDiskVer2BackingInfo'
    | 'VirtualEthernetCardLegacyNetworkBackingInfo'
    | 'VirtualEthernetCardNetworkBackingInfo'
    | 'VirtualCdromAtapiBackingInfo'
    | 'VirtualCdromPassthroughBackingInfo'
    | 'VirtualFloppyDeviceBackingInfo'
    | 'VirtualPCIPassthroughDeviceBackingInfo'
    | 'VirtualPCIPassthroughDynamicBackingInfo'
    | 'VirtualParallelPortDeviceBackingInfo'
    | 'VirtualPointingDeviceDeviceBackingInfo'
    | 'VirtualSCSIPassthroughDeviceBackingInfo'
    | 'VirtualSerialPortDeviceBackingInfo'
    | 'VirtualSoundCardDeviceBackingInfo'
    | 'VirtualUSBRemoteHostBackingInfo'
    | 'VirtualUSBUSBBackingInfo'
  readonly VirtualDeviceRemoteDeviceBackingInfo:
    | 'VirtualDeviceRemoteDeviceBackingInfo'
    | 'VirtualCdromRemoteAtapiBackingInfo'
    | 'VirtualCdromRemotePassthroughBackingInfo'
    | 'VirtualFloppyRemoteDeviceBackingInfo'
    | 'VirtualUSBRemoteClientBackingInfo'
  readonly VirtualDeviceFileBackingInfo:
    | 'VirtualDeviceFileBackingInfo'
    | 'VirtualDiskFlatVer1BackingInfo'
    | 'VirtualDiskFlatVer2BackingInfo'
    | 'VirtualDiskSparseVer1BackingInfo'
    | 'VirtualDiskSparseVer2BackingInfo'
    | 'VirtualDiskSeSparseBackingInfo'
    | 'VirtualDiskRawDiskMappingVer1BackingInfo'
    | 'VirtualDiskLocalPMemBackingInfo'
    | 'VirtualCdromIsoBackingInfo'
    | 'VirtualFloppyImageBackingInfo'
    | 'VirtualNVDIMMBackingInfo'
    | 'VirtualParallelPortFileBackingInfo'
    | 'VirtualSerialPortFileBackingInfo'
  readonly VirtualDevicePipeBackingInfo: 'VirtualDevicePipeBackingInfo' | 'VirtualSerialPortPipeBackingInfo'
  readonly VirtualDeviceURIBackingInfo: 'VirtualDeviceURIBackingInfo' | 'VirtualSerialPortURIBackingInfo'
  readonly VirtualDeviceConfigSpec: 'VirtualDeviceConfigSpec' | 'VirtualDiskConfigSpec'
  readonly VirtualMachineProfileSpec:
    | 'VirtualMachineProfileSpec'
    | 'VirtualMachineDefaultProfileSpec'
    | 'VirtualMachineDefinedProfileSpec'
    | 'VirtualMachineEmptyProfileSpec'
  readonly CryptoSpec:
    | 'CryptoSpec'
    | 'CryptoSpecDecrypt'
    | 'CryptoSpecDeepRecrypt'
    | 'CryptoSpecEncrypt'
    | 'CryptoSpecNoOp'
    | 'CryptoSpecRegister'
    | 'CryptoSpecShallowRecrypt'
  readonly CryptoSpecNoOp: 'CryptoSpecNoOp' | 'CryptoSpecRegister'
  readonly VirtualMachineBaseIndependentFilterSpec:
    | 'VirtualMachineBaseIndependentFilterSpec'
    | 'VirtualMachineEmptyIndependentFilterSpec'
    | 'VirtualMachineIndependentFilterSpec'
  readonly VirtualDiskRawDiskVer2BackingInfo:
    | 'VirtualDiskRawDiskVer2BackingInfo'
    | 'VirtualDiskPartitionedRawDiskVer2BackingInfo'
  readonly VirtualDiskSpec:
    | 'VirtualDiskSpec'
    | 'DeviceBackedVirtualDiskSpec'
    | 'FileBackedVirtualDiskSpec'
    | 'SeSparseVirtualDiskSpec'
  readonly FileBackedVirtualDiskSpec: 'FileBackedVirtualDiskSpec' | 'SeSparseVirtualDiskSpec'
  readonly VirtualController:
    | 'VirtualController'
    | 'VirtualIDEController'
    | 'VirtualNVDIMMController'
    | 'VirtualNVMEController'
    | 'VirtualPCIController'
    | 'VirtualPS2Controller'
    | 'VirtualSATAController'
    | 'VirtualAHCIController'
    | 'VirtualSCSIController'
    | 'ParaVirtualSCSIController'
    | 'VirtualBusLogicController'
    | 'VirtualLsiLogicController'
    | 'VirtualLsiLogicSASController'
    | 'VirtualSIOController'
    | 'VirtualUSBController'
    | 'VirtualUSBXHCIController'
  readonly VirtualSATAController: 'VirtualSATAController' | 'VirtualAHCIController'
  readonly VirtualSCSIController:
    | 'VirtualSCSIController'
    | 'ParaVirtualSCSIController'
    | 'VirtualBusLogicController'
    | 'VirtualLsiLogicController'
    | 'VirtualLsiLogicSASController'
  readonly VirtualEthernetCard:
    | 'VirtualEthernetCard'
    | 'VirtualE1000'
    | 'VirtualE1000e'
    | 'VirtualPCNet32'
    | 'VirtualSriovEthernetCard'
    | 'VirtualVmxnet'
    | 'VirtualVmxnet2'
    | 'VirtualVmxnet3'
    | 'VirtualVmxnet3Vrdma'
  readonly VirtualVmxnet: 'VirtualVmxnet' | 'VirtualVmxnet2' | 'VirtualVmxnet3' | 'VirtualVmxnet3Vrdma'
  readonly VirtualVmxnet3: 'VirtualVmxnet3' | 'VirtualVmxnet3Vrdma'
  readonly VirtualSoundCard: 'VirtualSoundCard' | 'VirtualEnsoniq1371' | 'VirtualHdAudioCard' | 'VirtualSoundBlaster16'
  readonly VirtualPCIPassthroughPluginBackingInfo:
    | 'VirtualPCIPassthroughPluginBackingInfo'
    | 'VirtualPCIPassthroughVmiopBackingInfo'
  readonly VmConfigInfo: 'VmConfigInfo' | 'VAppConfigInfo'
  readonly FaultToleranceConfigInfo:
    | 'FaultToleranceConfigInfo'
    | 'FaultTolerancePrimaryConfigInfo'
    | 'FaultToleranceSecondaryConfigInfo'
  readonly VirtualMachineBootOptionsBootableDevice:
    | 'VirtualMachineBootOptionsBootableDevice'
    | 'VirtualMachineBootOptionsBootableCdromDevice'
    | 'VirtualMachineBootOptionsBootableDiskDevice'
    | 'VirtualMachineBootOptionsBootableEthernetDevice'
    | 'VirtualMachineBootOptionsBootableFloppyDevice'
  readonly VmConfigSpec: 'VmConfigSpec' | 'VAppConfigSpec'
  readonly ServiceLocatorCredential:
    | 'ServiceLocatorCredential'
    | 'ServiceLocatorNamePassword'
    | 'ServiceLocatorSAMLCredential'
  readonly VirtualMachineDeviceRuntimeInfoDeviceRuntimeState:
    | 'VirtualMachineDeviceRuntimeInfoDeviceRuntimeState'
    | 'VirtualMachineDeviceRuntimeInfoVirtualEthernetCardRuntimeState'
  readonly VirtualMachineGuestQuiesceSpec: 'VirtualMachineGuestQuiesceSpec' | 'VirtualMachineWindowsQuiesceSpec'
  readonly GuestAuthentication: 'GuestAuthentication' | 'NamePasswordAuthentication'
  readonly GuestProgramSpec: 'GuestProgramSpec' | 'GuestWindowsProgramSpec'
  readonly GuestFileAttributes: 'GuestFileAttributes' | 'GuestPosixFileAttributes' | 'GuestWindowsFileAttributes'
  readonly DatastoreInfo:
    | 'DatastoreInfo'
    | 'LocalDatastoreInfo'
    | 'NasDatastoreInfo'
    | 'PMemDatastoreInfo'
    | 'VmfsDatastoreInfo'
    | 'VsanDatastoreInfo'
    | 'VvolDatastoreInfo'
  readonly HostFileSystemVolume:
    | 'HostFileSystemVolume'
    | 'HostLocalFileSystemVolume'
    | 'HostNasVolume'
    | 'HostPMemVolume'
    | 'HostVfatVolume'
    | 'HostVffsVolume'
    | 'HostVmfsVolume'
    | 'HostVvolVolume'
  readonly FileInfo:
    | 'FileInfo'
    | 'FloppyImageFileInfo'
    | 'FolderFileInfo'
    | 'IsoImageFileInfo'
    | 'VmConfigFileInfo'
    | 'TemplateConfigFileInfo'
    | 'VmDiskFileInfo'
    | 'VmLogFileInfo'
    | 'VmNvramFileInfo'
    | 'VmSnapshotFileInfo'
  readonly VmConfigFileInfo: 'VmConfigFileInfo' | 'TemplateConfigFileInfo'
  readonly FileQuery:
    | 'FileQuery'
    | 'FloppyImageFileQuery'
    | 'FolderFileQuery'
    | 'IsoImageFileQuery'
    | 'VmConfigFileQuery'
    | 'TemplateConfigFileQuery'
    | 'VmDiskFileQuery'
    | 'VmLogFileQuery'
    | 'VmNvramFileQuery'
    | 'VmSnapshotFileQuery'
  readonly VmConfigFileQuery: 'VmConfigFileQuery' | 'TemplateConfigFileQuery'
  readonly HostDigestInfo: 'HostDigestInfo' | 'HostTpmDigestInfo'
  readonly HostHardwareElementInfo: 'HostHardwareElementInfo' | 'DpuStatusInfo' | 'HostStorageElementInfo'
  readonly ComputeResourceSummary: 'ComputeResourceSummary' | 'ClusterComputeResourceSummary'
  readonly ResourcePoolSummary: 'ResourcePoolSummary' | 'VirtualAppSummary'
  readonly NetworkSummary: 'NetworkSummary' | 'OpaqueNetworkSummary'
  readonly DVPortSetting: 'DVPortSetting' | 'VMwareDVSPortSetting'
  readonly InheritablePolicy:
    | 'BoolPolicy'
    | 'InheritablePolicy'
    | 'DVSTrafficShapingPolicy'
    | 'LongPolicy'
    | 'DVSVendorSpecificConfig'
    | 'StringPolicy'
    | 'DvsFilterPolicy'
    | 'DvsFilterConfig'
    | 'VmwareDistributedVirtualSwitchVlanSpec'
    | 'IntPolicy'
    | 'VmwareUplinkPortTeamingPolicy'
    | 'DVSFailureCriteria'
    | 'VMwareUplinkPortOrderPolicy'
    | 'DVSSecurityPolicy'
    | 'VMwareUplinkLacpPolicy'
    | 'DVSMacManagementPolicy'
    | 'DVSMacLearningPolicy'
  readonly OvfManagerCommonParams: 'OvfCreateImportSpecParams' | 'OvfManagerCommonParams' | 'OvfParseDescriptorParams'
  readonly ImportSpec: 'ImportSpec' | 'VirtualMachineImportSpec' | 'VirtualAppImportSpec'
  readonly PerfEntityMetricBase: 'PerfEntityMetricBase' | 'PerfEntityMetric'
  readonly PerfMetricSeries: 'PerfMetricSeries' | 'PerfMetricIntSeries'
  readonly PbmProfile: 'PbmProfile' | 'PbmCapabilityProfile'
}
