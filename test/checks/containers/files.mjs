// @ts-check
/** File operations of the corpus on a `FileSystem`, and listings of one. */
import { moveTree } from '@layerwright/container'
import { isFsError, readAll } from '@layerwright/vfs'
import { octal, sha256 } from './archives.mjs'

/** @typedef {import('@layerwright/vfs').FileSystem} FileSystem */

const nanoseconds = (/** @type {number} */ seconds) => BigInt(Math.round(seconds * 1e6)) * 1000n
const bits = (/** @type {string | undefined} */ mode) => (mode === undefined ? {} : { mode: Number.parseInt(mode, 8) })

/** @type {Record<string, (fs: FileSystem, action: any) => unknown>} */
const ACTIONS = {
  write: (fs, { path, data }) => fs.writeFile(path, data ?? ''),
  append: (fs, { path, data }) => fs.writeFile(path, data ?? '', { flag: 'a' }),
  // opened for writing and closed again: setting the size that it has is what the layer sees of that
  'open-rw': (fs, { path }) => fs.truncate(path, fs.stat(path).size),
  mkdir: (fs, { path, mode, parents }) => fs.mkdir(path, { ...bits(mode), recursive: parents ?? false }),
  unlink: (fs, { path }) => fs.unlink(path),
  rmdir: (fs, { path }) => fs.rmdir(path),
  rmtree: (fs, { path }) => fs.rm(path, { recursive: true }),
  rename: (fs, { from, to }) => moveTree(fs, from, to),
  link: (fs, { from, to }) => fs.link(from, to),
  symlink: (fs, { target, path }) => fs.symlink(target, path),
  chmod: (fs, { path, mode }) => fs.chmod(path, Number.parseInt(mode, 8)),
  chown: (fs, { path, uid, gid, nofollow }) => fs.chown(path, uid, gid, { nofollow: nofollow ?? false }),
  utimes: (fs, { path, mtime, nofollow }) => fs.utimes(path, nanoseconds(mtime), { nofollow: nofollow ?? false }),
  truncate: (fs, { path, size }) => fs.truncate(path, size),
  mkfifo: (fs, { path, mode }) => fs.mknod(path, { type: 'fifo', mode: mode === undefined ? 0o644 : Number.parseInt(mode, 8) }),
  read: async (fs, { path }) => ({ data: new TextDecoder().decode(await fs.readFile(path)) }),
}

/**
 * @param {FileSystem} fs
 * @param {readonly any[]} actions
 * @returns {Promise<any[]>}
 */
export async function act(fs, actions) {
  const results = []
  for (const action of actions) {
    const run = ACTIONS[action.do]
    if (!run) throw new Error(`unknown file operation ${action.do}`)
    try {
      results.push({ ok: true, .../** @type {object | undefined} */ (await run(fs, action)) })
    } catch (error) {
      if (!isFsError(error)) throw error
      results.push({ error: error.code })
    }
  }
  return results
}

/**
 * A recursive listing, links not followed; null where nothing is.
 * @param {FileSystem} fs
 * @param {string} path
 * @param {(path: string) => string} name what a path is called in the listing
 * @returns {Promise<any[] | null>}
 */
export async function list(fs, path, name) {
  /** @type {any[]} */
  const entries = []
  const visit = async (/** @type {string} */ at) => {
    const { type, mode, uid, gid, nlink, mtimeNs } = fs.lstat(at)
    const entry = { path: name(at), type, mode: octal(mode), uid, gid, nlink, mtime: Number(mtimeNs / 1_000_000_000n) }
    if (type === 'file') {
      const bytes = await readAll(fs.open(at))
      Object.assign(entry, { size: bytes.length, sha256: sha256(bytes) })
    }
    if (type === 'symlink') Object.assign(entry, { target: fs.readlink(at) })
    entries.push(entry)
    if (type === 'dir') for (const child of fs.readdir(at)) await visit(at === '/' ? `/${child.name}` : `${at}/${child.name}`)
  }
  try {
    await visit(path)
  } catch (error) {
    if (entries.length === 0 && isFsError(error)) return null
    throw error
  }
  return entries
}
