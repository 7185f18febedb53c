// @ts-check
/** Archives as the corpus describes them: made from entries, byte for byte as written, and read back as entries. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readTar } from '@layerwright/layer'
import { memoryContent, readAll } from '@layerwright/vfs'

/** Time of everything that is given none. */
export const EPOCH = 1600000000

const FLAGS = { file: '0', hardlink: '1', symlink: '2', dir: '5', fifo: '6' }

/**
 * A tar with these entries, in this order, names as they are: hostile ones too, which no writer of ours would write.
 * @param {readonly any[]} entries `{path, type, mode, uid, gid, data, target, mtime}`
 * @returns {Uint8Array}
 */
export function tarOf(entries) {
  const parts = entries.flatMap((entry) => {
    const data = Buffer.from(entry.type === 'file' ? (entry.data ?? '') : '')
    return [
      ...longName('L', entry.path),
      ...longName('K', entry.target ?? ''),
      header(entry, data.length),
      data,
      Buffer.alloc(-data.length & 511),
    ]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

/** @param {string} flag @param {string} name */
function longName(flag, name) {
  const bytes = Buffer.from(`${name}\0`)
  if (bytes.length <= 100) return []
  return [
    block({ name: '././@LongLink', flag, size: bytes.length, mode: 0o644, uid: 0, gid: 0, mtime: 0, target: '' }),
    bytes,
    Buffer.alloc(-bytes.length & 511),
  ]
}

/** @param {any} entry @param {number} size */
function header({ path, type, mode, uid = 0, gid = 0, target = '', mtime = EPOCH }, size) {
  const bits = mode === undefined ? (type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : 0o644) : Number.parseInt(mode, 8)
  const flag = FLAGS[/** @type {keyof typeof FLAGS} */ (type)]
  return block({ name: type === 'dir' && !path.endsWith('/') ? `${path}/` : path, flag, size, mode: bits, uid, gid, mtime, target })
}

/** @param {{ name: string, flag: string, size: number, mode: number, uid: number, gid: number, mtime: number, target: string }} fields */
function block({ name, flag, size, mode, uid, gid, mtime, target }) {
  const out = Buffer.alloc(512)
  const octal = (/** @type {number} */ value, /** @type {number} */ at, /** @type {number} */ length) =>
    out.write(value.toString(8).padStart(length - 1, '0'), at)
  out.write(name, 0, 100)
  octal(mode, 100, 8)
  octal(uid, 108, 8)
  octal(gid, 116, 8)
  octal(size, 124, 12)
  octal(mtime, 136, 12)
  out.write('        ', 148)
  out.write(flag, 156)
  out.write(target, 157, 100)
  out.write('ustar\u000000', 257)
  out.write(
    `${out
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return out
}

/** @param {number} mode */
export const octal = (mode) => mode.toString(8).padStart(4, '0')
/** @param {Uint8Array} bytes */
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/**
 * @param {import('@layerwright/vfs').Content} archive
 * @returns {Promise<any[]>} entries as the corpus writes them
 */
export async function entriesOf(archive) {
  const entries = []
  for (const { name, kind, linkName, mode, uid, gid, mtimeNs, content } of await readTar(archive)) {
    const path = name.replace(/^\.\/(?=.)/, '').replace(/\/$/, '')
    const entry = { path: path === '' ? '.' : path, type: kind, mode: octal(mode), uid, gid, mtime: Number(mtimeNs / 1_000_000_000n) }
    if (content) Object.assign(entry, { size: content.size, sha256: sha256(await readAll(content)) })
    if (kind === 'symlink' || kind === 'hardlink') Object.assign(entry, { target: linkName })
    entries.push(entry)
  }
  return entries
}

/** What a function hands over in pieces, as one content. @param {(write: (bytes: Uint8Array) => void) => Promise<void>} produce */
export async function collect(produce) {
  /** @type {Buffer[]} */
  const chunks = []
  await produce((bytes) => void chunks.push(Buffer.from(bytes)))
  return memoryContent(Buffer.concat(chunks))
}
