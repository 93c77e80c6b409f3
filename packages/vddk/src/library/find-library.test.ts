import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { findLibrary, mountLibraryOf } from './find-library.ts'

let root: string
let lib: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vmkeep-find-'))
  onTestFinished(() => rm(root, { recursive: true }))
  lib = join(root, 'lib64')
  await mkdir(lib)
})

/** The start of a library for a machine. */
function library(machine = 62, width = 2): Buffer {
  const bytes = Buffer.alloc(64)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, width, 1, 1])
  bytes.writeUInt16LE(3, 16)
  bytes.writeUInt16LE(machine, 18)
  return bytes
}

const put = (name: string, bytes: Uint8Array | string = library()) => writeFile(join(lib, name), bytes)
const find = (path = root) => findLibrary(path, 'x64')

it('finds the library from the folder of VDDK, from its lib64, and by its own name', async () => {
  await put('libvixDiskLib.so.8.0.3')
  await symlink('libvixDiskLib.so.8.0.3', join(lib, 'libvixDiskLib.so.8'))
  await symlink('libvixDiskLib.so.8', join(lib, 'libvixDiskLib.so'))
  const file = join(lib, 'libvixDiskLib.so.8')
  const found = { file, libraryFolder: lib, rootFolder: root, majorVersion: 8, version: '8.0.3' }
  for (const path of [root, lib, file]) expect(find(path)).toEqual(found)
  expect(find(join(lib, 'libvixDiskLib.so'))).toMatchObject({ majorVersion: 8, version: '8.0.3' })
})

it('does without links, and takes the newest version', async () => {
  await put('libvixDiskLib.so.7.0.3')
  expect(find()).toMatchObject({ majorVersion: 7, version: '7.0.3' })
  await put('libvixDiskLib.so.9.0.0')
  expect(find()).toMatchObject({ majorVersion: 9, version: '9.0.0' })
})

it('finds libvixMntapi of the same version', async () => {
  await put('libvixDiskLib.so.8')
  await put('libvixMntapi.so.7')
  expect(mountLibraryOf(find())).toBeUndefined()
  await put('libvixMntapi.so.8')
  expect(mountLibraryOf(find())).toBe(join(lib, 'libvixMntapi.so.8'))
})

it.each<[string, () => Promise<unknown>, string, RegExp]>([
  ['is not there', async () => {}, 'vddk.library-missing', /neither it nor its lib64 holds/],
  ['is 6.7', () => put('libvixDiskLib.so.6.7.3'), 'vddk.library-unfit', /version 6\.7\.3, and 7, 8 and 9 are known/],
  ['has no version', () => put('libvixDiskLib.so'), 'vddk.library-unfit', /does not tell its version/],
  ['is for 32 bits', () => put('libvixDiskLib.so.8', library(3, 1)), 'vddk.library-unfit', /made for 32 bits/],
  ['is for arm64', () => put('libvixDiskLib.so.8', library(183)), 'vddk.library-unfit', /made for arm64, .* is x64/],
  ['is for s390', () => put('libvixDiskLib.so.8', library(22)), 'vddk.library-unfit', /made for machine 22/],
  ['is a text', () => put('libvixDiskLib.so.8', 'version https://git-lfs'), 'vddk.library-unfit', /it is no library/],
  ['is empty', () => put('libvixDiskLib.so.8', ''), 'vddk.library-unfit', /it is no library/],
])('refuses one that %s, and says why', async (_name, prepare, code, why) => {
  await prepare()
  const error = { code, message: expect.stringMatching(why) as string, remedy: 'change-request' }
  expect(() => find()).toThrow(expect.objectContaining(error) as Error)
})

it('says of a path that does not exist that it does not', () => {
  expect(() => find(join(root, 'nowhere'))).toThrow(/no libvixDiskLib in .*nowhere: ENOENT/)
})

it('says of a link that leads nowhere where it leads', async () => {
  await symlink('libvixDiskLib.so.8.0.3', join(lib, 'libvixDiskLib.so.8'))
  expect(() => find()).toThrow(expect.objectContaining({ code: 'vddk.library-unfit' }) as Error)
})
