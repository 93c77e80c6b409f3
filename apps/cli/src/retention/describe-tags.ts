import type { RestorePoint } from '@vmkeep/repository'

export const describeTags = ({ id, subject, tags }: RestorePoint): string =>
  `${id} of ${subject.name}: ${tags.length === 0 ? 'no tags' : tags.join(', ')}`
