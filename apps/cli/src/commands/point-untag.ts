import { command } from '../command.ts'
import { argument, anyArguments, text } from '../parameters.ts'
import { describeTags } from '../retention/describe-tags.ts'

export const pointUntagCommand = command({
  name: 'point untag',
  summary: 'Take tags from a restore point',
  description: 'Tags that the point does not have are no error.',
  examples: [
    { run: 'vmkeep point untag 3f2a audit', does: 'the rules of retention.keepTags for audit keep it no longer' },
  ],
  arguments: {
    point: argument(text('POINT'), 'the id of the point, or the beginning of it'),
    tag: anyArguments(text('TAG'), 'the tags to take away'),
  },
  exits: ['notFound', 'damaged'],
  needs: ['repository'],

  check: ({ arguments: { tag } }) => (tag.length === 0 ? 'name at least one tag' : undefined),

  async run({ arguments: { point: id, tag }, repository, out, signal }) {
    const point = await repository.markPoint(id, { kind: 'tag', add: [], remove: tag }, signal)
    await out.answer({ id: point.id, name: point.subject.name, tags: point.tags }, () => describeTags(point))
    return 'ok'
  },
})
