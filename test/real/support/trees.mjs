// @ts-check
/** Trees on the machine, as lists that can be compared: path, type, mode, owner, group, link target, sha256. By the machine's tools, not by ours. */
import { run } from './cli.mjs'

/**
 * @param {string} folder
 * @returns {Promise<Map<string, string>>} by path
 */
export async function listTree(folder) {
  const entries = new Map()
  for (const line of (await run('find', ['.', '-mindepth', '1', '-printf', '%P\\t%y %m %U %G %l\\n'], { cwd: folder })).split('\n')) {
    const [path, attributes] = line.split('\t')
    if (path && attributes) entries.set(path, attributes)
  }
  const sums = await run('sh', ['-c', 'find . -type f -print0 | xargs -0 -r sha256sum'], { cwd: folder })
  for (const line of sums.split('\n')) {
    const path = line.slice(68)
    if (path) entries.set(path, `${entries.get(path)} ${line.slice(0, 64)}`)
  }
  return entries
}

/**
 * What two trees have differently.
 * @param {Map<string, string>} ours
 * @param {Map<string, string>} theirs
 * @returns {string[]} paths
 */
export const differences = (ours, theirs) =>
  [...new Set([...ours.keys(), ...theirs.keys()])].filter((path) => ours.get(path) !== theirs.get(path)).sort()
