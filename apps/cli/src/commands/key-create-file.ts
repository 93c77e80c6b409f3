import { Secret } from '@vmkeep/kit'
import { command } from '../command.ts'
import { createPrivateFile } from '../create-private-file.ts'
import { argument, file } from '../parameters.ts'

export const keyCreateFileCommand = command({
  name: 'key create-file',
  summary: 'Make a key file, to open repositories with instead of a passphrase',
  description:
    'A line of 256 random bits, in a new file that only you can read. It cannot be guessed, so that opening with it takes no time. ' +
    'Add it to a repository with "vmkeep key add --new-key-file", and name it in repository.keyFile or VMKEEP_REPO_KEY_FILE.',
  examples: [
    {
      run: 'vmkeep key create-file /etc/vmkeep/repo.key',
      does: 'then "vmkeep key add --new-key-file /etc/vmkeep/repo.key"',
    },
  ],
  arguments: { file: argument(file, 'the file to make') },
  exits: ['conflict', 'failed'],

  async run({ arguments: { file: path }, out, learn, random }) {
    const { newKeyFile } = await import('@vmkeep/repository')
    await using target = await createPrivateFile(path)
    const content = newKeyFile(random)
    learn(new Secret(content))
    await target.writeFile(`${content}\n`)
    await target.sync()
    await out.answer({ file: path }, () => `${path}: a new key file`)
    return 'ok'
  },
})
