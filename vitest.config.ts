import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests run against the sources: every public entry `@layerwright/x[/sub]` is `packages/x/src[/sub]/index.ts`.
const source = (path: string) => fileURLToPath(new URL('./packages/', import.meta.url)) + path

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
    include: ['packages/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 60_000,
  },
})
