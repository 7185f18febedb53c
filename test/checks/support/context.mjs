// @ts-check
/** Makes the files of a case: in a real folder, as users have them, or in memory. */
import { Buffer } from 'node:buffer'
import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @typedef {object} ContextEntry
 * @property {string} path
 * @property {'file' | 'dir' | 'symlink' | 'hardlink'} type
 * @property {string} [mode] octal
 * @property {string} [content]
 * @property {string} [base64]
 * @property {{ text: string, bytes: number }} [repeat] the text again and again, up to that many bytes
 * @property {string} [target] of links; of a hard link a path in the context
 * @property {number} [mtime] seconds
 */

/** @param {ContextEntry} entry @returns {Uint8Array} */
export function bytesOf({ content, base64, repeat }) {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  if (repeat) return Buffer.alloc(repeat.bytes, repeat.text)
  return Buffer.from(content ?? '')
}

/** @param {ContextEntry} entry */
export const modeOf = (entry) => (entry.mode === undefined ? (entry.type === 'dir' ? 0o755 : 0o644) : Number.parseInt(entry.mode, 8))

/**
 * Writes the entries below `folder`. Modes and times are set when everything is there, children first, because a directory may
 * forbid writing and its time changes with its entries. What the umask would take away is given back.
 * @param {string} folder an empty directory
 * @param {readonly ContextEntry[]} entries
 */
export function writeContext(folder, entries) {
  /** Directories that no entry lists are 0755. @type {Map<string, ContextEntry>} */
  const directories = new Map([['', { path: '', type: 'dir' }]])
  const need = (/** @type {string} */ path) => {
    if (path === '.' || directories.has(path)) return
    need(dirname(path))
    directories.set(path, { path, type: 'dir' })
    mkdirSync(join(folder, path))
  }
  for (const entry of entries) {
    const place = join(folder, entry.path)
    need(entry.type === 'dir' ? entry.path : dirname(entry.path))
    if (entry.type === 'dir') directories.set(entry.path, entry)
    else if (entry.type === 'file') writeFileSync(place, bytesOf(entry))
    else if (entry.type === 'symlink') symlinkSync(entry.target ?? '', place)
    else linkSync(join(folder, entry.target ?? ''), place)
  }
  const files = entries.filter(({ type }) => type !== 'dir')
  const deepestFirst = [...directories.values()].sort((a, b) => b.path.length - a.path.length)
  for (const entry of [...files, ...deepestFirst]) {
    const place = join(folder, entry.path)
    // the second name of a hard link has the first one's mode and time
    if (entry.type === 'hardlink') continue
    if (entry.mtime !== undefined) (entry.type === 'symlink' ? lutimesSync : utimesSync)(place, entry.mtime, entry.mtime)
    if (entry.type !== 'symlink') chmodSync(place, modeOf(entry))
  }
}

/** Whether somebody who is not root could not read the files back. @param {readonly ContextEntry[]} entries */
export const needsRoot = (entries) =>
  process.getuid?.() !== 0 && entries.some((entry) => entry.type !== 'symlink' && (modeOf(entry) & 0o400) === 0)
