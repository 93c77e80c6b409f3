// Brings in every judge our system tests ask: `node tools/install-judges.ts`, with `--peers` also what `npm run bench` races.
// Safe to repeat: what is here is left alone.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { findJudge, judgesFolder } from './find-judge.ts'
import { gunzipSparse } from './gunzip-sparse.ts'
import { mustRun, runProgram } from './run-program.ts'

const kopiaVersion = 'v0.22.3'
const resticVersion = 'v0.18.1'
const pyvmomiVersion = '9.1.1.0'
const dissectVmfsVersion = '3.13'

interface Source {
  /** Names as {@link findJudge} takes them. */
  readonly judges: readonly string[]
  readonly install: () => Promise<void>
}

let aptUpdated: Promise<void> | undefined // above what is awaited below, which uses it

const judges: readonly Source[] = [
  fromDebian('qemu-utils', ['qemu-img', 'qemu-io']),
  fromDebian('e2fsprogs', ['e2fsck', 'mke2fs', 'mkfs.ext4', 'debugfs']),
  fromDebian('xfsprogs', ['mkfs.xfs']),
  fromDebian('sshfs', ['sshfs']),
  fromDebian('openssh-sftp-server', ['sftp-server']),
  fromDebian('p7zip-full', ['7z']),
  fromDebian('python3-libvmdk', ['python:pyvmdk']),
  fromDebian('restic', ['restic']),
  { judges: ['restic-0.18'], install: buildRestic },
  { judges: ['govc', 'vcsim'], install: buildGovmomi },
  { judges: ['versitygw'], install: buildVersitygw },
  { judges: ['python:pyVmomi', 'python:dissect.vmfs'], install: installPythonModules },
  fromDebian('vmfs-tools', ['debugvmfs']),
  fromDebian('vmfs6-tools', ['debugvmfs6']),
  { judges: ['data:vmfs-images'], install: installVmfsImages },
]
const peers: readonly Source[] = [
  { judges: ['kopia'], install: buildKopia },
  fromDebian('libnbd-bin', ['nbdcopy']),
  fromDebian('nbdkit', ['nbdkit']),
]

const { values: options } = parseArgs({ options: { peers: { type: 'boolean', default: false } } })
await mkdir(join(judgesFolder(), 'bin'), { recursive: true })
const outcomes: boolean[] = []
for (const source of options.peers ? [...judges, ...peers] : judges) outcomes.push(await bringIn(source))
process.exitCode = outcomes.every(Boolean) ? 0 : 1

/** One source after the other: apt takes a lock, and Go takes every core. */
async function bringIn({ judges: names, install }: Source): Promise<boolean> {
  const missing = () => names.filter((name) => findJudge(name) === undefined)
  const startMs = performance.now()
  try {
    if (missing().length === 0) return report(names, 'here')
    await install()
    if (missing().length > 0) throw new Error(`installed, but ${missing().join(', ')} cannot be found`)
    return report(names, `installed in ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
  } catch (error) {
    report(missing(), 'MISSING')
    console.error((error as Error).message)
    return false
  }
}

function report(names: readonly string[], state: string): true {
  for (const name of names) console.log(`${name.padEnd(16)} ${state.padEnd(18)} ${findJudge(name) ?? ''}`.trimEnd())
  return true
}

function fromDebian(debianPackage: string, names: readonly string[]): Source {
  return { judges: names, install: () => installDebian(debianPackage) }
}

async function installDebian(...packages: string[]): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(`only root may install packages: run "sudo apt-get install ${packages.join(' ')}"`)
  aptUpdated ??= aptGet('update')
  await aptUpdated
  await aptGet('install', '--yes', '--no-install-recommends', ...packages)
}

async function aptGet(...args: string[]): Promise<void> {
  const patience = ['-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=300']
  await mustRun('apt-get', [...patience, ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' } })
}

async function installPythonModules(): Promise<void> {
  if (findJudge('python:ensurepip') === undefined) await installDebian('python3-venv')
  const venv = join(judgesFolder(), 'venv')
  await mustRun(findJudge('python:ensurepip')!, ['-m', 'venv', '--clear', venv])
  await mustRun(join(venv, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    `pyvmomi==${pyvmomiVersion}`,
    `dissect.vmfs==${dissectVmfsVersion}`,
  ])
}

/** Volumes that ESXi made: the test data in the source package of dissect.vmfs. Theirs (AGPL 3), so it is fetched and not kept here. */
async function installVmfsImages(): Promise<void> {
  const data = join(judgesFolder(), 'data')
  const unpacked = join(data, 'vmfs-images.new')
  await rm(unpacked, { recursive: true, force: true })
  await mkdir(unpacked, { recursive: true })
  const python = findJudge('python:dissect.vmfs')!
  const asked = ['download', '--quiet', '--no-deps', '--no-binary', ':all:', `dissect.vmfs==${dissectVmfsVersion}`]
  await mustRun(python, ['-m', 'pip', ...asked, '--dest', unpacked])
  const [archive] = await readdir(unpacked)
  await mustRun('tar', [
    '-xzf',
    join(unpacked, archive!),
    '-C',
    unpacked,
    '--strip-components=4',
    '--wildcards',
    '*/tests/_data/vmfs/*',
  ])
  for (const image of ['vmfs5', 'vmfs6', 'vmfs6l', 'vmfs5-no-dense-sbpc', 'span/vmfs6-span-0', 'span/vmfs6-span-1'])
    await gunzipSparse(join(unpacked, `${image}.bin.gz`), join(unpacked, `${basename(image)}.bin`))
  await rename(unpacked, join(data, 'vmfs-images'))
}

/** Versions and hashes are in `tools/judges/govmomi/go.mod` and `go.sum`. */
async function buildGovmomi(): Promise<void> {
  const source = join(import.meta.dirname, 'judges', 'govmomi')
  await goBuild(['-C', source, '-mod=readonly'], ['./govc', './vcsim'])
}

/** An S3 server. Versions and hashes are in `tools/judges/versitygw/go.mod` and `go.sum`. */
async function buildVersitygw(): Promise<void> {
  const source = join(import.meta.dirname, 'judges', 'versitygw')
  await goBuild(['-C', source, '-mod=readonly'], ['github.com/versity/versitygw/cmd/versitygw'])
}

function buildKopia(): Promise<void> {
  return buildModule('kopia', { module: 'github.com/kopia/kopia', version: kopiaVersion })
}

/** Beside Debian's, which may be older than 0.16: since then restic keeps the oldest snapshot while a count is not used up. */
function buildRestic(): Promise<void> {
  return buildModule('restic-0.18', { module: 'github.com/restic/restic', version: resticVersion, main: '/cmd/restic' })
}

/** A module of one requirement: `go install module@version` fails where a proxy does not list versions. */
async function buildModule(
  name: string,
  { module, version, main = '' }: { readonly module: string; readonly version: string; readonly main?: string },
): Promise<void> {
  const folder = join(judgesFolder(), 'build', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'go.mod'), `module vmkeep/judges/${name}\n\ngo 1.25\n\nrequire ${module} ${version}\n`)
  await goBuild(['-C', folder, '-mod=mod'], [module + main], name)
}

/** Programs go by their package's name, or the one of one package by `name`. */
async function goBuild(flags: readonly string[], packages: readonly string[], name = ''): Promise<void> {
  if ((await runProgram('go', ['version'])).exitCode !== 0)
    throw new Error('no "go" on PATH: install Go 1.25 or newer, from go.dev or your distribution')
  await mustRun('go', ['build', ...flags, '-o', `${join(judgesFolder(), 'bin')}/${name}`, ...packages])
}
