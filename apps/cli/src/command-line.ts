// The program itself; main.ts only prepares for it.
import { showCursor } from './output/display.ts'
import { describeError } from './output/error-report.ts'
import { styleOf } from './output/style.ts'
import { run } from './run.ts'
import { processWorld } from './world.ts'

// A reader that goes away (`vmkeep vm list | head`) is no failure, and must not end a backup either.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = 1
  })

// What nobody waits for must not be lost either: it ends the process, with its story.
const verbose = process.argv.some((word) => word === '-v' || word === '--verbose')
const crash = (error: unknown) => {
  if (process.stderr.isTTY) process.stderr.write(showCursor)
  process.stderr.write(`${describeError(error, { verbose, style: styleOf(false) })}\n`)
  process.exit(1)
}
process.on('unhandledRejection', crash)
process.on('uncaughtException', crash)

const code = await run(processWorld())
// Open handles of a library must not keep a finished command alive; what was written goes out first.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(code)
