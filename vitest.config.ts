import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Threads and programs that tests start load sources as Node does. What is compiled already needs no WebAssembly to strip its types: that
// saves half of a thread's start, and V8 has crashed where many threads brought it in at once ("Check failed: jit_page.has_value()").
// Source: Node 24.21 here, now and then; nodejs/node issue 64500. Evidence: observed; that WebAssembly is the cause, inferred.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

const shared = { exclude: ['**/node_modules/**', '**/dist/**'], pool: 'threads' as const }

export default defineConfig({
  test: {
    reporters: ['default', './tools/plain-reporter.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['*.test.ts', '{packages,apps}/**/*.test.ts', 'tools/**/*.test.ts'],
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['tests/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
