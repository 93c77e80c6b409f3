import type { FileHandle } from 'node:fs/promises'
import type { Secret } from '@vmkeep/kit'
import type { World } from './world.ts'

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
