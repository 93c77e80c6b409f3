import { fail } from '../errors.ts'

const tagsMax = 64

/**
 * Whether these can be the tags of a point: words of 1 to 128 characters without comma, white space or control characters, at most 64,
 * each once. A comma joins tags in retention rules.
 *
 * @throws `repository.tags-invalid`
 */
export function checkTags(tags: readonly string[]): readonly string[] {
  const bad = tags.find((tag) => !/^[^\s,\p{C}]{1,128}$/u.test(tag))
  if (bad !== undefined)
    throw fail('repository.tags-invalid', {
      reason: `${JSON.stringify(bad.slice(0, 60))} is no tag: a tag is one word of 1 to 128 characters without a comma`,
    })
  if (tags.length > tagsMax)
    throw fail('repository.tags-invalid', { reason: `${tags.length} tags are more than ${tagsMax}` })
  if (new Set(tags).size < tags.length)
    throw fail('repository.tags-invalid', { reason: `a tag is given twice in ${tags.join(', ')}` })
  return tags
}
