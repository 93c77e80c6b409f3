#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Keeps compiled modules between runs: a command starts in a third of the time (0.36 s against 0.11 s, measured). In the user's own cache
// and not where Node would put it: what lies in a shared temporary folder could be somebody else's code.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'vmkeep', 'compiled'))

// Every read of a file takes one of these threads while it waits. Four, as Node has it, are too few for a restore from a share that is far away.
process.env['UV_THREADPOOL_SIZE'] ??= '16'

await import('./command-line.ts')
