import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests run against the sources: every public entry `@layerwright/x[/sub]` is `packages/x/src[/sub]/index.ts`.
const source = (path: string) => fileURLToPath(new URL('./packages/', import.meta.url)) + path

const ALL = ['packages/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts']
/** They compare folders of the machine before and after: an engine that another test starts for the first time makes some there. */
const ALONE = ['test/sandbox/escapes.test.ts']

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@layerwright\/([a-z]+)$/, replacement: source('$1/src/index.ts') },
      { find: /^@layerwright\/([a-z]+)\/([a-z]+)$/, replacement: source('$1/src/$2/index.ts') },
      { find: /^layerwright$/, replacement: source('layerwright/src/index.ts') },
      { find: '#sha256', replacement: source('digest/src/sha256/node.ts') },
    ],
  },
  test: {
    pool: 'threads',
    isolate: false,
    // Many tests wait for programs that they have started: with one thread for each processor, half of the machine would be idle.
    maxWorkers: availableParallelism() * 2,
    // Against what hangs, not against what is slow: a machine may have much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    setupFiles: ['test/support/seed.ts'],
    projects: [
      { extends: true, test: { name: 'together', include: ALL, exclude: ALONE, sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'alone', include: ALONE, sequence: { groupOrder: 1 } } },
    ],
  },
})
