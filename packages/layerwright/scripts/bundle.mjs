// Bundles the command line into dist/cli.js and a few chunks that are loaded when a command needs them: many small modules cost
// start-up time (96 modules: 1.9 times `node -e 0`; one file: 1.09). Runs after `tsc -b`.
import { chmodSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
rmSync(join(root, 'dist/chunks'), { recursive: true, force: true })
await build({
  entryPoints: {
    cli: join(root, 'dist/cli/main.js'),
    // What a thread of the simulated shell runs: looked for beside the chunk that starts it.
    'chunks/shell-worker': join(dirname(fileURLToPath(import.meta.resolve('@layerwright/executor/node'))), 'shell-worker.js'),
  },
  outdir: join(root, 'dist'),
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // The interpreter is large, the other one native, and both optional: they are found in node_modules when a RUN needs them.
  external: ['just-bash', '@napi-rs/xattr'],
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  legalComments: 'inline',
  logLevel: 'warning',
})
chmodSync(join(root, 'dist/cli.js'), 0o755)
