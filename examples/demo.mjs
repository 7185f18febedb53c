// The main job, end to end: `npm run demo`. Each command is printed before it runs, so that it can be typed again.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cli = join(root, 'packages/layerwright/dist/cli.js')
const scratch = mkdtempSync(join(tmpdir(), 'layerwright-demo-'))
const env = { ...process.env, LAYERWRIGHT_STORE: join(scratch, 'store') }
const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text)

const heading = (text) => console.log(`\n${bold(text)}`)
const quote = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** Runs one command of the command line; its output goes straight to the reader. */
function layerwright(...args) {
  console.log(`\n${bold(`$ layerwright ${args.map(quote).join(' ')}`)}`)
  const { status, error } = spawnSync(process.execPath, [cli, ...args], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) throw error
  if (status !== 0) {
    console.error(`the command ended with status ${status}`)
    process.exitCode = 1
  }
  return status === 0
}

try {
  heading('1. A base image, and a Dockerfile with two stages built on it')
  layerwright('build', '--progress', 'plain', '-t', 'example-base', 'examples/base')
  layerwright('build', '--progress', 'plain', '-t', 'pages', 'examples/multi-stage')

  heading('2. Its layers: which instruction made what')
  layerwright('history', 'pages')

  heading('3. The same again: every step comes from the cache, and the digest is the same')
  layerwright('build', '--progress', 'plain', '-t', 'pages', 'examples/multi-stage')

  heading('4. A container over an image writes to its own layer')
  layerwright('build', '--progress', 'plain', '-t', 'todo', 'examples/todo-volumes')
  layerwright('history', 'todo')
  layerwright('run', '--name', 'anna', '--entrypoint', 'sh', 'todo', '-c', 'echo hello > /greeting; rm /etc/os-release')
  layerwright('diff', 'anna')

  heading('5. A named volume that two containers share')
  layerwright('volume', 'create', 'chores')
  layerwright('run', '--name', 'ben', '-v', 'chores:/data', 'todo', 'add', 'feed the cat')
  layerwright('run', '--name', 'carla', '-v', 'chores:/data', 'todo', 'list')
  layerwright('ps', '--all')

  heading('6. The image as an OCI layout that other tools read')
  layerwright('build', '--progress', 'plain', '--quiet', '-o', `type=oci,tar=false,dest=${join(scratch, 'pages')}`, 'examples/multi-stage')
  if (!process.exitCode)
    console.log(
      `\nAll of it ran in this process, without a daemon and without root. The examples' READMEs explain each step: ${bold('examples/')}`,
    )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
