import type { Remedy } from '../../packages/kit/src/errors.ts'
import type { DocumentedError } from './error-tables.ts'

const whoMends: Readonly<Record<Remedy, readonly [who: string, meaning: string]>> = {
  retry: ['time', 'the same may work later: vmkeep tries again by itself where that is safe, and a later run goes on'],
  'change-request': ['you, by asking differently', 'a name, an option or a choice has to change'],
  'call-operator': ['you or the admin', 'the world has to change first: rights, space, network, keys, a licence'],
  quarantine: [
    'you, with care',
    'stored bytes are not what was written: stop pruning, verify, and restore from elsewhere if you must',
  ],
  'report-bug': ['us', 'a promise of ours broke and was caught before it did harm: please report it with the log'],
}

/** The page of every error, from the tables. */
export function errorsPage(errors: readonly DocumentedError[]): string {
  const groups = Map.groupBy(errors, ({ code }) => code.split('.')[0]!)
  return [
    '# Errors',
    '',
    'Generated from the tables in `packages/*/src/errors.ts` and `apps/*/src/errors.ts` by `node tools/docs.ts`; do not edit.',
    '',
    'Every error has a code that never changes its meaning, and a remedy: who can mend it. Programs match on the code.',
    'What a message fills in stands in ‹ ›.',
    '',
    '| remedy | who mends it | |',
    '|---|---|---|',
    ...Object.entries(whoMends).map(([remedy, [who, meaning]]) => `| \`${remedy}\` | ${who} | ${meaning} |`),
    ...[...groups].flatMap(([group, members]) => ['', `## ${group}`, '', ...members.flatMap(entryOf)]),
    '',
  ].join('\n')
}

const entryOf = ({ code, remedy, message }: DocumentedError): string[] => [
  `- **\`${code}\`** (\`${remedy}\`)`,
  `  ${escaped(message)}`,
]

/** A message is plain text: nothing in it may become Markdown or HTML. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_[\]<>]/g, String.raw`\$&`).replaceAll('\n', ' ')
