// @ts-check
/** The host side of binds and copies: a real folder, written `$HOST` in the corpus. */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { EPOCH, octal, sha256 } from './archives.mjs'

const isRoot = process.getuid?.() === 0

/** @param {string} path @param {any} entry @param {number} fallback */
function finish(path, { mode, uid = 0, gid = 0, mtime = EPOCH }, fallback) {
  if (isRoot) chownSync(path, uid, gid)
  chmodSync(path, mode === undefined ? fallback : Number.parseInt(mode, 8))
  utimesSync(path, mtime, mtime)
}

/** @type {Record<string, (step: any) => any>} */
export const hostOperations = {
  'host.write'(step) {
    writeFileSync(step.path, step.data ?? '')
    finish(step.path, step, 0o644)
    return {}
  },
  'host.append'({ path, data }) {
    appendFileSync(path, data)
    return {}
  },
  'host.mkdir'(step) {
    mkdirSync(step.path, { recursive: true })
    finish(step.path, step, 0o755)
    return {}
  },
  'host.symlink'({ target, path, uid = 0, gid = 0 }) {
    symlinkSync(target, path)
    if (isRoot) lchownSync(path, uid, gid)
    lutimesSync(path, EPOCH, EPOCH)
    return {}
  },
  'host.rm'({ path }) {
    rmSync(path, { recursive: true, force: true })
    return {}
  },
  'host.rename'({ from, to }) {
    renameSync(from, to)
    return {}
  },
  'host.read': ({ path }) => (existsSync(path) ? { data: readFileSync(path, 'utf8') } : { error: 'ENOENT' }),
  'host.ls': ({ path }) => ({ value: listHost(path) }),
}

/** @param {string} root @returns {any[] | null} */
function listHost(root) {
  if (!existsSync(root)) return null
  /** @type {any[]} */
  const entries = []
  const visit = (/** @type {string} */ path, /** @type {string} */ name) => {
    const stat = lstatSync(path)
    const type = stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : stat.isFile() ? 'file' : stat.isFIFO() ? 'fifo' : 'other'
    const entry = {
      path: name,
      type,
      mode: octal(stat.mode & 0o7777),
      uid: stat.uid,
      gid: stat.gid,
      nlink: stat.nlink,
      mtime: Math.floor(stat.mtimeMs / 1000),
    }
    if (type === 'file') Object.assign(entry, { size: stat.size, sha256: sha256(readFileSync(path)) })
    if (type === 'symlink') Object.assign(entry, { target: readlinkSync(path) })
    entries.push(entry)
    if (type === 'dir') for (const child of readdirSync(path).sort()) visit(join(path, child), name === '.' ? child : `${name}/${child}`)
  }
  visit(root, '.')
  return entries
}
