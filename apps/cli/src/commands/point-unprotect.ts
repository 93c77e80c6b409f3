import { command } from '../command.ts'
import { argument, text } from '../parameters.ts'

export const pointUnprotectCommand = command({
  name: 'point unprotect',
  summary: 'Lift the protection of a restore point',
  description: 'Nothing is removed by it. The next "vmkeep retention apply" counts the point like any other.',
  examples: [{ run: 'vmkeep point unprotect 3f2a', does: 'by the beginning of its id' }],
  arguments: { point: argument(text('POINT'), 'the id of the point, or the beginning of it') },
  exits: ['notFound', 'damaged'],
  needs: ['repository'],

  async run({ arguments: { point: id }, repository, out, signal }) {
    const { id: whole, subject } = await repository.markPoint(id, { kind: 'unprotect' }, signal)
    await out.answer({ id: whole, name: subject.name }, () => `not protected any more: ${whole} of ${subject.name}`)
    return 'ok'
  },
})
