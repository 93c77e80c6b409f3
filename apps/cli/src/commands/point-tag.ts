import { command } from '../command.ts'
import { argument, anyArguments, text } from '../parameters.ts'
import { describeTags } from '../retention/describe-tags.ts'

export const pointTagCommand = command({
  name: 'point tag',
  summary: 'Tag a restore point',
  description:
    'A tag is one word, or key=value, without a comma. The rules of retention.keepTags keep points by their tags, and "vmkeep point list --tag" finds them.',
  examples: [{ run: 'vmkeep point tag 3f2a audit quarter=2026-Q4', does: 'adds two tags' }],
  arguments: {
    point: argument(text('POINT'), 'the id of the point, or the beginning of it'),
    tag: anyArguments(text('TAG'), 'words such as audit or env=prod'),
  },
  exits: ['notFound', 'damaged'],
  needs: ['repository'],

  check: ({ arguments: { tag } }) => (tag.length === 0 ? 'name at least one tag' : undefined),

  async run({ arguments: { point: id, tag }, repository, out, signal }) {
    const point = await repository.markPoint(id, { kind: 'tag', add: tag, remove: [] }, signal)
    await out.answer({ id: point.id, name: point.subject.name, tags: point.tags }, () => describeTags(point))
    return 'ok'
  },
})
