import { command } from '../command.ts'
import { time } from '../output/human.ts'
import { table } from '../output/table.ts'
import { optionalArgument, text } from '../parameters.ts'

export const pointUndeleteCommand = command({
  name: 'point undelete',
  summary: 'Take back a forgotten restore point, or list those that can be',
  description:
    'A point that was forgotten, by hand or by the retention rules, keeps all it holds until a "vmkeep repo gc" after its time of grace, seven days if nothing else is said. ' +
    'Taken back, it is what it was, with its tags and flags. The next "vmkeep retention apply" may forget it again: "vmkeep point protect" prevents that.',
  examples: [
    { run: 'vmkeep point undelete', does: 'lists forgotten points' },
    { run: 'vmkeep point undelete 3f2a', does: 'takes one back' },
  ],
  arguments: { point: optionalArgument(text('POINT'), 'the id of the point, or the beginning of it') },
  exits: ['notFound'],
  needs: ['repository'],

  async run({ arguments: { point: id }, repository, out, signal }) {
    if (id !== undefined) {
      await repository.restoreForgotten(id, signal)
      await out.answer({ id }, () => `taken back: ${id}`)
      return 'ok'
    }
    const rows: Row[] = []
    for await (const { point, forgottenAt, reason } of repository.forgottenPoints(signal)) {
      const name = point.damaged === undefined ? point.subject.name : null
      rows.push({ id: point.id, name, createdAt: point.createdAt, forgottenAt, reason })
    }
    await out.answer(rows, (style) =>
      rows.length === 0 ? 'No restore point is forgotten.' : table(rows, columns, style),
    )
    return 'ok'
  },
})

interface Row {
  readonly id: string
  readonly name: string | null
  readonly createdAt: string
  readonly forgottenAt: string
  readonly reason: string
}

const columns = [
  { title: 'POINT', value: ({ id }: Row) => id },
  { title: 'VM', value: ({ name }: Row) => name ?? undefined },
  { title: 'CREATED', value: ({ createdAt }: Row) => time(createdAt) },
  { title: 'FORGOTTEN', value: ({ forgottenAt }: Row) => time(forgottenAt) },
  { title: 'WHY', value: ({ reason }: Row) => reason },
]
