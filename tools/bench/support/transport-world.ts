// Everything that the race of transports reads one disk from: files, a LUN, a library, a lab that stands for vCenter and its hosts.
import { spawn } from 'node:child_process'
import { link, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openRawFile } from '@vmkeep/disk'
import { type Lab, lunNameOf, startLab } from '@vmkeep/lab'
import { temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { buildVmfs } from '@vmkeep/vmfs/testing'
import { formatDescriptor, noParent } from '@vmkeep/vmdk'
import { mustRun, runProgram } from '../../run-program.ts'
import type { SampleImage } from './sample-image.ts'

export interface TransportWorld extends AsyncDisposable {
  readonly lab: Lab
  /** The disk: a file without holes, so that everybody reads the same number of bytes. */
  readonly image: string
  readonly capacityBytes: number
  readonly machineRoot: string
  readonly mountedFolder: string
  readonly lunFolder: string
  readonly lun: string
  /** The tests' library, where there is a C compiler. */
  readonly vddkLibrary: string | undefined
  /** A block device with the same bytes, where root may make one. */
  readonly device: string | undefined
}

export async function transportWorld(sample: SampleImage, folder: string): Promise<TransportWorld> {
  await using made = new AsyncDisposableStack()
  const image = join(folder, 'web-flat.img')
  const capacityBytes = await withoutHoles(sample, image)
  const lab = made.use(
    await startLab({
      datastores: [{ name: 'lun' }],
      vms: [
        { name: 'web', power: 'off', disks: [{ capacityBytes }] },
        { name: 'proxy', disks: [{ capacityBytes: 2 ** 20 }] },
      ],
      openDisk: async (vm, disk) =>
        vm === 'web' ? { capacityBytes, source: await openRawFile(image) } : { capacityBytes: disk.capacityBytes! },
    }),
  )
  const machineRoot = join(folder, 'machine')
  await mkdir(machineRoot)
  await lab.vm('proxy').appearsIn(machineRoot)
  await mountImage(image, capacityBytes, join(folder, 'mounted'))
  const lun = await makeLun(lab, image, capacityBytes, folder)
  const vddkLibrary = await makeLibrary(lab, image, made)
  const device = await loopDevice(image, made)
  const kept = made.move()
  return {
    lab,
    image,
    capacityBytes,
    machineRoot,
    mountedFolder: join(folder, 'mounted'),
    lunFolder: join(folder, 'by-id'),
    lun,
    vddkLibrary,
    device,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** What was ever written of the sample, one run behind the other. Returns how much. */
async function withoutHoles({ path, written }: SampleImage, image: string): Promise<number> {
  await using source = await openRawFile(path)
  await using target = await open(image, 'wx')
  let at = 0
  for (const { offsetBytes, lengthBytes } of written) {
    const bytes = Buffer.allocUnsafe(lengthBytes)
    await source.read(offsetBytes, bytes)
    await target.write(bytes, 0, lengthBytes, at)
    at += lengthBytes
  }
  await target.sync()
  return at
}

/** The flat file of a VMDK, at the place it would have on a mounted datastore. */
async function mountImage(image: string, capacityBytes: number, folder: string): Promise<void> {
  await mkdir(join(folder, 'web'), { recursive: true })
  await link(image, join(folder, 'web', 'web-flat.vmdk'))
  await writeFile(join(folder, 'web', 'web.vmdk'), descriptorOf(capacityBytes))
}

function descriptorOf(capacityBytes: number): string {
  const extent = { access: 'RW', sizeSectors: capacityBytes / 512, type: 'VMFS', fileName: 'web-flat.vmdk' } as const
  const descriptor = { version: 1, cid: 1, parentCid: noParent, createType: 'vmfs', extents: [extent], settings: {} }
  return formatDescriptor({ ...descriptor, ddb: { 'ddb.adapterType': 'lsilogic' } })
}

async function makeLun(lab: Lab, image: string, capacityBytes: number, folder: string): Promise<string> {
  const { url } = lab.storage.datastore('lun')
  const path = join(folder, 'lun')
  await using content = await openRawFile(image)
  const files = [
    { path: 'web/web.vmdk', content: Buffer.from(descriptorOf(capacityBytes)) },
    { path: 'web/web-flat.vmdk', content },
  ]
  await buildVmfs({ label: 'lun', uuid: url.split('/').at(-2)!, files, devices: [path], isPartitioned: true })
  await mkdir(join(folder, 'by-id'))
  await symlink(path, join(folder, 'by-id', `wwn-0x${lunNameOf(url).slice('naa.'.length)}`))
  return path
}

async function makeLibrary(lab: Lab, image: string, made: AsyncDisposableStack): Promise<string | undefined> {
  if ((await whyNoFakeVddk()) !== undefined) return undefined
  const fake = made.use(await temporaryFake())
  const [disk] = lab.vm('web').disks
  const file = fake.fileOf(disk!.backing.fileName)
  await symlink(image, file)
  await writeFile(`${file}.ddb`, `adapterType=lsilogic\nuuid=${disk!.backing.uuid}\n`)
  return fake.root
}

/** One that reads its file directly, so that nothing but the device itself has a cache. */
async function loopDevice(image: string, made: AsyncDisposableStack): Promise<string | undefined> {
  const args = ['--find', '--show', '--read-only', '--direct-io=on', image]
  const { exitCode, output } = await runProgram('losetup', args)
  if (exitCode !== 0) return undefined
  const device = output.trim()
  made.defer(() => mustRun('losetup', ['--detach', device]).then(() => undefined))
  return device
}

/** Serves a file by nbdkit on a socket beside it. Dispose it to end the server. */
export async function nbdkitOf(program: string, image: string, socket: string): Promise<AsyncDisposable> {
  const pidFile = `${socket}.pid`
  const args = [
    '--foreground',
    '--exit-with-parent',
    '--pidfile',
    pidFile,
    '--unix',
    socket,
    '--readonly',
    'file',
    image,
  ]
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise<void>((resolve) => server.on('close', () => resolve()))
  const stop = async () => {
    server.kill()
    await ended
    for (const left of [pidFile, socket]) await rm(left, { force: true }) // the next one would seem ready
  }
  for (let tries = 0; tries < 500; tries++) {
    const isReady = await open(pidFile, 'r').then(
      (file) => file.close().then(() => true),
      () => false,
    )
    if (isReady) return { [Symbol.asyncDispose]: stop }
    if (server.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await stop()
  throw new Error(`${program} does not serve ${image}`)
}
