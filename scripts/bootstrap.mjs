// @ts-check
/**
 * The way in for somebody who has only Node and npm: installs, builds, then runs a task.
 *   node scripts/bootstrap.mjs demo | test | build
 * No dependencies: it runs before there are any.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './support/build.mjs'
import { install } from './support/install.mjs'
import { runNode } from './support/run.mjs'

const OLDEST = { major: 20, minor: 19 }

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** @type {Record<string, () => Promise<number>>} exit code of each task */
const tasks = {
  build: async () => ((await build(root)) ? 0 : 1),
  demo: async () => {
    if (!(await build(root))) return 1
    return (await runNode(join(root, 'examples/demo.mjs'), process.argv.slice(3), { cwd: root })).code
  },
  // builds by itself, as one of its parts
  test: async () => (await import('./test.mjs')).test(root),
}

const task = tasks[process.argv[2] ?? '']
if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
  console.error(`Layerwright needs Node ${OLDEST.major}.${OLDEST.minor} or later; this is ${process.version}.`)
  process.exitCode = 1
} else if (!task) {
  console.error(`usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join(' | ')}`)
  process.exitCode = 2
} else {
  process.exitCode = (await install(root)) ? await task() : 1
}
