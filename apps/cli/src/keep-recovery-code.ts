import type { FileHandle } from 'node:fs/promises'
import type { Secret } from '@vmkeep/kit'
import { createPrivateFile } from './create-private-file.ts'
import { fail } from './errors.ts'
import type { World } from './world.ts'

/**
 * Where the code will go: the new file that is named, or else (`undefined`) a terminal with a person before it. To be asked first of all: a code
 * that cannot be kept must not come to be, and one in the log of a script would be lost to its owner and found by others.
 *
 * @throws `cli.recovery-code-nowhere`, `cli.file-exists`, `cli.file-unwritable`
 */
export async function placeForRecoveryCode(
  path: string | undefined,
  { stderr }: Pick<World, 'stderr'>,
): Promise<FileHandle | undefined> {
  if (path !== undefined) return await createPrivateFile(path)
  if (stderr.isTTY !== true) throw fail('cli.recovery-code-nowhere', {})
  return undefined
}

/** Puts the code into the file, flushed, or else on the terminal: even under `-q`, and never on stdout, which may be kept. */
export async function keepRecoveryCode(
  code: Secret,
  file: Pick<FileHandle, 'writeFile' | 'sync'> | undefined,
  { stderr }: Pick<World, 'stderr'>,
): Promise<void> {
  if (file !== undefined) {
    await file.writeFile(`${code.reveal()}\n`)
    await file.sync()
    return
  }
  stderr.write(
    `\nRecovery code, shown this once:\n\n    ${code.reveal()}\n\n` +
      'It opens the repository when the passphrase is lost. Write it on paper or into a password manager,\n' +
      'away from this machine and from the repository. Without it and the passphrase the backups cannot be read.\n\n',
  )
}
