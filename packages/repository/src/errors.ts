import { defineErrors } from '@vmkeep/kit'

interface InStorage {
  storage: string
  key: string
}

/** Names the object, if it is about one and not about the storage itself. */
const about = (word: string, { key }: InStorage) => (key === '' ? '' : `${word} ${key}`)

const because = (reason: string | undefined) => (reason === undefined ? '' : ` (${reason})`)

/** Everything that can go wrong between us and the place where the bytes lie. */
const storageErrors = {
  'storage.missing': [
    'call-operator',
    (d: { storage: string }) =>
      `${d.storage} does not exist: mount the folder or create the bucket, or correct the path; a new repository is made with "repo init"`,
  ],
  'storage.not-a-folder': [
    'change-request',
    (d: { storage: string }) =>
      `${d.storage.replace(/^folder /, '')} is not a folder: give the path of the folder that holds the repository`,
  ],
  'storage.gone': [
    'call-operator',
    (d: { storage: string }) =>
      `${d.storage} is no longer the folder that was opened: it was unmounted, removed or replaced; mount it again and repeat`,
  ],
  'storage.full': [
    'call-operator',
    (d: InStorage) =>
      `${d.storage} is full or over its quota${about(', writing', d)}: free space or raise the quota, then repeat; nothing half-written counts`,
  ],
  'storage.no-permission': [
    'call-operator',
    (d: InStorage & { reason?: string }) =>
      `${d.storage} refuses access${about(' to', d)}${because(d.reason)}: give this user, or this access key, the right to read, write, list and delete there and below`,
  ],
  'storage.read-only': [
    'call-operator',
    (d: InStorage) => `${d.storage} is mounted read-only${about(', writing', d)}: mount it read-write`,
  ],
  'storage.locked': [
    'call-operator',
    (d: InStorage) =>
      `${d.storage} does not remove${about('', d)}: its lock has not ended; it can go when it has, and nothing else need be done`,
  ],
  'storage.no-lock': [
    'call-operator',
    (d: { storage: string; reason: string }) =>
      `${d.storage} cannot lock what is stored there, as this repository wants (${d.reason}): nothing is written without its lock; see docs/guides/immutability.md`,
  ],
  'storage.past': [
    'change-request',
    (d: { storage: string }) =>
      `${d.storage} is a view of the past, and nothing can be written there: leave out --as-of`,
  ],
  'storage.no-links': [
    'change-request',
    (d: { storage: string }) =>
      `${d.storage} lies on a file system without hard links, which a commit needs to be all or nothing: use a local Linux file system or NFS`,
  ],
  'storage.unavailable': [
    'retry',
    (d: InStorage & { reason: string; /** What the server asked us to wait. */ retryAfterMs?: number }) =>
      `${d.storage} does not answer as it should (${d.reason})${about(' for', d)}: check the disk, the server and the network`,
  ],
  'storage.not-found': ['call-operator', (d: InStorage) => `${d.storage} has no ${d.key}`],
  'storage.short-read': [
    'retry',
    (d: InStorage & { offsetBytes: number; missingBytes: number }) =>
      `${d.storage} gave ${d.missingBytes} bytes too few of ${d.key} from byte ${d.offsetBytes}: run "verify" if it happens again`,
  ],
  'storage.too-large': [
    'quarantine',
    (d: InStorage & { sizeBytes: number; sizeBytesMax: number }) =>
      `${d.key} in ${d.storage} has ${d.sizeBytes} bytes where at most ${d.sizeBytesMax} can be right: it is not what was written`,
  ],
  'storage.invalid-key': ['report-bug', (d: { key: string }) => `"${d.key}" is no storage key`],
  'storage.closed': ['report-bug', (d: { storage: string }) => `${d.storage} is closed`],
} as const

const stillNeeded = ({ packs, sessions }: { packs: number; sessions: readonly string[] }) =>
  sessions.length > 0
    ? `by ${sessions.length} backups at work, which began before it was replaced (session ${sessions[0]!}): wait until they have ended`
    : `by ${packs} packs: have them sealed anew with "repo gc --renew-keys", as often as it takes`

const openingErrors = {
  'repository.missing': [
    'call-operator',
    (d: { storage: string }) =>
      `no repository in ${d.storage}: check the path and the mount, or create one with "repo init"`,
  ],
  'repository.exists': [
    'change-request',
    (d: { storage: string }) => `${d.storage} holds a repository already: open it, or choose another place`,
  ],
  'repository.creation-unfinished': [
    'call-operator',
    (d: { storage: string; found: string }) =>
      `${d.storage} holds ${d.found} but no "format": a creation is running or was broken off, or "format" was lost. If nothing of value is there, empty the place and create again; else bring "format" back from a copy`,
  ],
  'repository.wrong-key': [
    'call-operator',
    (d: { storage: string }) =>
      `this passphrase or recovery code does not open the repository in ${d.storage}: check it, and that this is the right repository`,
  ],
  'repository.recovery-code-typo': [
    'call-operator',
    (d: { groups: readonly number[] }) =>
      `the recovery code has a typing error in group ${d.groups.join(' and ')}: compare it with the printed one`,
  ],
  'repository.key-too-short': ['change-request', () => 'the passphrase is empty: choose one'],
  'repository.key-known': [
    'change-request',
    (d: { slot: string }) => `this passphrase opens the repository already, by key slot ${d.slot}: choose another one`,
  ],
  'repository.key-slot-missing': [
    'change-request',
    (d: { slot: string }) => `the repository has no key slot "${d.slot}": list the slots for their ids`,
  ],
  'repository.key-slot-last': [
    'change-request',
    (d: { slot: string }) =>
      `without key slot ${d.slot} less than two would be left that open everything: add another key first, so that the data can always be opened in two ways`,
  ],
  'repository.key-slots-lost': [
    'call-operator',
    (d: { slot: string }) =>
      `key slot ${d.slot} is removed, and another one was by somebody else at the same time: less than two are left that open everything; add another key now, with one that still opens`,
  ],
  'repository.keys-differ': [
    'change-request',
    (d: { ours: string; theirs: string }) =>
      `the repositories ${d.ours} and ${d.theirs} have different keys: what one has sealed the other cannot open; a repository that shares keys is made with "repo init --keys-of"`,
  ],
  'repository.generations-clash': [
    'call-operator',
    (d: { what: string; twin: string }) =>
      `${d.what} is one thing here and another in the repository ${d.twin}: both have added keys by themselves; copy what is missing as between repositories with different keys`,
  ],
  'repository.key-malformed': [
    'call-operator',
    (d: { what: string }) =>
      `the key that was given is ${d.what}: give a key file or private key as "key create-file" and "key create-pair" made them, whole and unchanged`,
  ],
  'repository.needs-data-keys': [
    'change-request',
    () =>
      'this key opens the repository for maintenance only: it can list, collect, verify checksums and sync with a repository that shares its keys, and cannot read or write what is backed up; use a passphrase, recovery code, key file or private key that opens everything',
  ],
  'repository.generation-unproven': [
    'call-operator',
    (d: { generation: number; twin: string }) =>
      `nothing shows that the repository ${d.twin} has data key ${d.generation}, and keys of maintenance cannot give it one: run this sync once with a key that opens everything, then again as before`,
  ],
  'repository.domain-unseen': [
    'change-request',
    (d: { point: string; domain: string }) =>
      `restore point ${d.point} is of the domain "${d.domain}", and keys of maintenance do not tell whether the target can still open that: copy it with a key that opens everything`,
  ],
  'repository.generation-unknown': [
    'change-request',
    (d: { generation: number }) => `there is no data key ${d.generation}: list the data keys for their numbers`,
  ],
  'repository.generation-current': [
    'change-request',
    (d: { generation: number }) =>
      `data key ${d.generation} is the one that new data is sealed with: make a new one first with "key rotate"`,
  ],
  'repository.generation-in-use': [
    'change-request',
    (d: { generation: number; packs: number; sessions: readonly string[] }) =>
      `data key ${d.generation} is still needed: ${stillNeeded(d)}; without it that could never be read`,
  ],
  'repository.keys-shared': [
    'change-request',
    (d: { origin: string }) =>
      `this repository shares the keys of ${d.origin}: change them there, and sync; only if that repository is gone for good, change them here alone`,
  ],
  'repository.domain-unknown': [
    'change-request',
    (d: { domain: string }) => `the repository has no domain "${d.domain}": list the domains, or create it first`,
  ],
  'repository.domain-exists': [
    'change-request',
    (d: { domain: string }) => `there is, or was, a domain "${d.domain}": choose another name; none is used twice`,
  ],
  'repository.domain-invalid': [
    'change-request',
    (d: { domain: string }) =>
      `"${d.domain}" is no name for a domain: take 1 to 64 letters, digits, hyphens, dots or underscores`,
  ],
  'repository.domain-differs': [
    'change-request',
    (d: { point: string; domain: string }) =>
      `restore point ${d.point} does not belong to ${d.domain === '' ? 'no domain, as this backup does' : `the domain "${d.domain}"`}: nothing can be inherited from it; read the whole disk`,
  ],
  'repository.domain-erased': [
    'change-request',
    (d: { domain: string }) =>
      `the keys of the domain "${d.domain}" were erased: what was stored for it can be read by nobody any more; forget its restore points to have the room back`,
  ],
  'repository.feature-missing': [
    'change-request',
    (d: { storage: string; feature: string }) =>
      `the repository in ${d.storage} was made by an older vmkeep, without "${d.feature}": programs of that time would spoil it; make another with "repo init --keys-of" this one, "repo sync" everything to it, and change keys there (docs/decisions/0048)`,
  ],
  'repository.no-key-slots': [
    'call-operator',
    (d: { storage: string }) =>
      `${d.storage} has no usable key slot (keys/slot-*): bring the files back from a copy; without one the data cannot be read`,
  ],
  'repository.version-unknown': [
    'call-operator',
    (d: { storage: string; major: number; needs: string }) =>
      `the repository in ${d.storage} has format ${d.major}, which this program does not know: use vmkeep ${d.needs} or later`,
  ],
  'repository.feature-unknown': [
    'call-operator',
    (d: { storage: string; features: readonly string[]; needs: string }) =>
      `the repository in ${d.storage} needs ${d.features.join(', ')}, which this program does not know: use vmkeep ${d.needs} or later`,
  ],
  'repository.object-corrupt': [
    'quarantine',
    (d: { object: string; reason: string }) =>
      `${d.object} is not what was written (${d.reason}): bring it back from a copy of the repository, and check the disk it lies on`,
  ],
  'repository.object-missing': [
    'quarantine',
    (d: { object: string; because: string }) =>
      `${d.object} is missing: ${d.because}. Find out who or what removed it, and bring it back from a copy of the repository`,
  ],
  'repository.parity-remade': [
    'quarantine',
    (d: { object: string; reason: string }) =>
      `${d.object} was not what it should be (${d.reason}) and was made anew from its pack, which is whole: check the disk it lies on`,
  ],
  'repository.object-unsteady': [
    'retry',
    (d: { object: string }) =>
      `the storage lists ${d.object} and says that it is not there: it may be fine; check the storage and try again`,
  ],
  'repository.object-not-listed': [
    'retry',
    (d: { storage: string; object: string }) =>
      `${d.storage} has ${d.object} and does not list it: its lists end too early or lag behind, and nothing was changed; try "repo validate", and again when it passes`,
  ],
  'repository.invalid-option': [
    'change-request',
    (d: { option: string; reason: string }) => `${d.option}: ${d.reason}`,
  ],
} as const

const readingErrors = {
  'repository.point-not-found': [
    'change-request',
    (d: { id: string }) => `no restore point "${d.id}": list the points for their ids`,
  ],
  'repository.point-ambiguous': [
    'change-request',
    (d: { id: string; candidates: readonly string[] }) =>
      `"${d.id}" begins the ids of several restore points: ${d.candidates.join(', ')}; give more digits`,
  ],
  'repository.point-corrupt': [
    'quarantine',
    (d: { id: string; reason: string }) =>
      `restore point ${d.id} cannot be understood (${d.reason}): points/${d.id} is damaged; use another point, and check the disk it lies on`,
  ],
  'repository.point-buried': [
    'change-request',
    (d: { id: string }) =>
      `restore point ${d.id} was forgotten and its data released: nothing can be read or inherited from it; read the whole disk, or use another point`,
  ],
  'repository.point-protected': [
    'change-request',
    (d: { id: string; at: string; reason: string; until?: string }) =>
      `restore point ${d.id} is protected since ${d.at}${d.until === undefined ? '' : ` until ${d.until}`} (${d.reason}) and was not forgotten: lift the protection first, with "vmkeep point unprotect ${d.id}"`,
  ],
  'repository.fate-unreadable': [
    'quarantine',
    (d: { id: string; object: string; reason: string }) =>
      `what became of restore point ${d.id} cannot be told (${d.object}: ${d.reason}), so nothing was changed: use the newer vmkeep that wrote it, or bring ${d.object} back from a copy`,
  ],
  'repository.tags-invalid': ['change-request', (d: { reason: string }) => `the tags cannot be: ${d.reason}`],
  'repository.chunk-missing': [
    'quarantine',
    (d: { id: string }) =>
      `chunk ${d.id} is in no pack of the index: a pack or index object was removed; run "verify" to see which points it hits, and bring the files back from a copy`,
  ],
  'repository.pack-missing': [
    'quarantine',
    (d: { id?: string; pack: string }) =>
      `pack ${d.pack}${d.id === undefined ? '' : `, which holds chunk ${d.id},`} is gone: bring the file back from a copy; a new backup stores again what the machine still has of it`,
  ],
  'repository.chunk-corrupt': [
    'quarantine',
    (d: { id: string; pack: string; offsetBytes: number; reason: string }) =>
      `chunk ${d.id} in ${d.pack} at byte ${d.offsetBytes} is not what was written (${d.reason}): run "verify" to see which points it hits, restore from a point it does not hit, and check the disk it lies on`,
  ],
  'repository.chunk-unreadable': [
    'retry',
    (d: { id: string; pack: string; reason: string }) =>
      `chunk ${d.id} in ${d.pack} could not be read now; it may be fine: check the storage and try again (${d.reason})`,
  ],
  'repository.pack-corrupt': [
    'quarantine',
    (d: { pack: string; reason: string }) =>
      `${d.pack} is not what was written (${d.reason}): run "verify" to see which points it hits`,
  ],
  'repository.map-corrupt': [
    'quarantine',
    (d: { id: string; reason: string }) =>
      `map page ${d.id} makes no sense (${d.reason}): the image cannot be read there; use another restore point and report this`,
  ],
  'repository.closed': ['report-bug', () => 'the repository is closed'],
} as const

const writingErrors = {
  'repository.session-fenced': [
    'retry',
    (d: { session: string }) =>
      `session ${d.session} was given up by the repository meanwhile, so nothing was committed: start again; what was stored is not stored twice`,
  ],
  'repository.session-ended': [
    'report-bug',
    (d: { session: string }) => `session ${d.session} has already been committed or abandoned`,
  ],
  'repository.commit-unknown': [
    'retry',
    (d: { session: string }) =>
      `whether session ${d.session} was committed is not known, because the storage stopped answering: once it does, list the points; if ${d.session} is missing, back up again`,
  ],
  'repository.name-taken': [
    'retry',
    (d: { key: string }) =>
      `${d.key} was there already with other content: this machine is a clone or was reverted during a backup; start again`,
  ],
  'repository.name-vanished': [
    'retry',
    (d: { key: string }) =>
      `${d.key} was stored and is gone again: a collection took whoever stored it for dead, after he had been silent for long; start again`,
  ],
  'repository.dependency-lost': [
    'retry',
    (d: { session: string }) =>
      `session ${d.session} relied on data another backup was storing, and that backup failed: start again`,
  ],
  'repository.seal-mismatch': [
    'report-bug',
    (d: { id: string }) =>
      `chunk ${d.id} did not read back as written, before it was stored: nothing was harmed; suspect this machine's memory or processor`,
  ],
  'repository.worker-died': [
    'retry',
    (d: { reason: string }) => `a worker thread ended unexpectedly (${d.reason}): start again; report it if it repeats`,
  ],
} as const

const copyingErrors = {
  'repository.copy-damaged': [
    'quarantine',
    (d: { point: string; reason: string }) =>
      `restore point ${d.point} cannot be copied, because what it needs is damaged: ${d.reason}`,
  ],
  'repository.copy-to-itself': [
    'change-request',
    (d: { storage: string }) => `${d.storage} cannot be copied into itself: name another repository as the target`,
  ],
} as const

const collectingErrors = {
  'repository.listing-incomplete': [
    'call-operator',
    (d: { storage: string; point: string; missing: number }) =>
      `${d.storage} no longer lists points/${d.point}, which the last collection saw (${d.missing} such): nothing was deleted; find out why objects are missing or not listed, and bring them back from a copy`,
  ],
  'repository.session-not-listed': [
    'call-operator',
    (d: { storage: string; pack: string }) =>
      `${d.storage} lists ${d.pack}, and neither the session that stored it nor its end: its lists lack something, or points/ does, so nothing was deleted; try the storage with "repo validate", and bring missing objects back from a copy`,
  ],
  'repository.collect-unsafe': [
    'quarantine',
    (d: { point: string; reason: string }) =>
      `what restore point ${d.point} needs cannot be told (${d.reason}), so nothing was deleted: run "verify", then mend or forget the point`,
  ],
} as const

const indexErrors = {
  'repository.index-lost': [
    'quarantine',
    (d: { packs: number; damaged: readonly string[] }) =>
      `the index is lost or damaged (${d.damaged.length === 0 ? 'nothing names them' : d.damaged.join(', ')}), and ${d.packs} packs would have to be read for what it said, which is more than memory holds: run "repo rebuild-index", then repeat`,
  ],
  'repository.index-restless': [
    'retry',
    (d: { root: string }) =>
      `the index changed again and again while it was read, last ${d.root}: try again; if it goes on, see which machines run "repo gc"`,
  ],
  'repository.index-cache-damaged': [
    'retry',
    (d: { name: string; block: number }) =>
      `the local copy of index/seg/${d.name} is damaged in block ${d.block} and was removed: repeat, and it is fetched again; check this machine's disk`,
  ],
  'repository.index-cache-full': [
    'call-operator',
    (d: { folder: string; reason: string }) =>
      `the index does not fit into ${d.folder} (${d.reason}): free space there, or name another folder for it (index.cacheFolder)`,
  ],
  'repository.index-cache-too-small': [
    'change-request',
    (d: { folder: string; neededBytes: number; bytesMax: number }) =>
      `the index takes ${d.neededBytes} bytes in ${d.folder}, and it may take ${d.bytesMax}: raise index.cacheBytes to at least ${2 * d.neededBytes}, which leaves room to compact it`,
  ],
} as const

/** The whole list of what can go wrong here. */
export const fail = defineErrors({
  ...storageErrors,
  ...openingErrors,
  ...readingErrors,
  ...writingErrors,
  ...copyingErrors,
  ...collectingErrors,
  ...indexErrors,
})
