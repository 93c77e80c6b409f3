import type { ExitName } from './exits.ts'

/** The reason of the abort signal when a person or the system ends the command. Not an error: nobody did anything wrong. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly exit: ExitName & ('interrupted' | 'terminated')

  constructor(exit: 'interrupted' | 'terminated') {
    super(exit === 'interrupted' ? 'interrupted' : 'terminated')
    this.exit = exit
  }
}
