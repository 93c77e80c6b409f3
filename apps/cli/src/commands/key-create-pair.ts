import { Secret } from '@vmkeep/kit'
import { command } from '../command.ts'
import { createPrivateFile } from '../create-private-file.ts'
import { argument, file } from '../parameters.ts'

export const keyCreatePairCommand = command({
  name: 'key create-pair',
  summary: 'Make a private key in a file, and print its public key',
  description:
    'The public key may be known to everybody: who adds it to a repository ("vmkeep key add --recipient") lets the private key open it without ever seeing that. ' +
    'Give the file as repository.keyFile or VMKEEP_REPO_KEY_FILE to open the repository. X25519, as in RFC 7748.',
  examples: [
    {
      run: 'vmkeep key create-pair /media/safe/vmkeep.key',
      does: 'writes the private key there, and prints the public one',
    },
  ],
  arguments: { file: argument(file, 'the file to make, for the private key') },
  exits: ['conflict', 'failed'],

  async run({ arguments: { file: path }, out, learn, random }) {
    const { newKeyPair } = await import('@vmkeep/repository')
    await using target = await createPrivateFile(path)
    const { identity, recipient } = newKeyPair(random)
    learn(new Secret(identity))
    await target.writeFile(`${identity}\n`)
    await target.sync()
    await out.answer({ file: path, publicKey: recipient }, () => recipient)
    return 'ok'
  },
})
