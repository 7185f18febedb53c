// @ts-check
/** Compiles every package, and what else is asked for, then makes the command line's bundle. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, runNode } from './run.mjs'

/**
 * @param {string} root
 * @param {readonly string[]} [further] projects beside the packages
 * @returns {Promise<boolean>}
 */
export async function build(root, further = []) {
  if ((await runNode(join(root, 'node_modules/typescript/bin/tsc'), ['-b', '.', ...further], { cwd: root })).code !== 0) return false
  const cli = join(root, 'packages/layerwright')
  const manifest = join(cli, 'package.json')
  if (!existsSync(manifest) || !JSON.parse(readFileSync(manifest, 'utf8')).scripts?.bundle) return true
  return (await run('npm', ['run', '--silent', 'bundle'], { cwd: cli })).code === 0
}
