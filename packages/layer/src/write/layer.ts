import { createHasher, type Digest } from '@layerwright/digest'
import type { Content, Inode, LayerChange } from '@layerwright/vfs'
import { ColumnsBuilder } from '../columns/builder.js'
import { makeIndex } from '../columns/index.js'
import { comparePaths } from '../columns/paths.js'
import { WHITEOUT, whiteoutPath } from '../columns/whiteouts.js'
import { LayerError } from '../errors.js'
import { writeContentStream, writeContentSync } from '../tar/content.js'
import { type HeaderInit, TYPE, writeHeader } from '../tar/header.js'
import { TarOutput } from '../tar/output.js'
import type { LayerColumns, Sink, WrittenLayer } from '../types.js'

export interface WriteOptions {
  /** Compute the sha256 of every file for the index. Default true; without it they are computed when somebody asks. */
  readonly digests?: boolean
  readonly signal?: AbortSignal
}

/**
 * Writes changes as a layer tar: sorted by path, headers canonical, hard links behind their first name, a whiteout for each `null`.
 * Contents are read once: their sha256 goes to the index, and is not computed where the content knows it.
 * @throws LayerError for a path that no layer may hold (S4) and a name that begins with `.wh.`
 * @throws ContentSizeError for a file that changed while it was read
 */
export async function writeLayer(changes: Iterable<LayerChange>, sink: Sink, options: WriteOptions = {}): Promise<WrittenLayer> {
  const hasher = createHasher()
  const { columns, size } = await writeMembers(
    changes,
    (bytes) => {
      hasher.update(bytes)
      sink(bytes)
    },
    options,
  )
  const diffId = hasher.digest()
  return { diffId, size, index: makeIndex(diffId, size, columns) }
}

/** As `writeLayer`, for a sink that hashes what it gets: the diffID is then the sink's to say. */
export async function writeMembers(
  changes: Iterable<LayerChange>,
  sink: Sink,
  { signal, digests = true }: WriteOptions = {},
): Promise<{ readonly columns: LayerColumns; readonly size: number }> {
  const out = new TarOutput(sink)
  const writer = new MemberWriter(out, digests)
  let pause = PAUSE
  for (const change of sorted(changes)) {
    const content = writer.write(change)
    // Most contents were written at once; what has to be awaited comes here.
    if (content) writer.setDigest(await writeContentStream(out, content, change.path, digests))
    if (out.position >= pause) {
      pause = out.position + PAUSE
      signal?.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
  }
  signal?.throwIfAborted()
  // End of archive: two blocks of zeros.
  out.zeros(1024)
  out.flush()
  return { columns: writer.columns.finish(), size: out.position }
}

/** Bytes after which others get a turn. */
const PAUSE = 32 * 1024 * 1024

function sorted(changes: Iterable<LayerChange>): readonly LayerChange[] {
  const list = [...changes]
  for (let i = 1; i < list.length; i++) {
    if (comparePaths(list[i - 1]!.path, list[i]!.path) > 0) return list.sort((a, b) => comparePaths(a.path, b.path))
  }
  return list
}

const NANOS = 1_000_000_000n
const SLASH = 47
const DOT = 46

class MemberWriter {
  readonly columns = new ColumnsBuilder()
  readonly #out: TarOutput
  readonly #digests: boolean
  /** First path of each inode that has been written. */
  readonly #written = new Map<Inode, string>()
  #row = 0
  #lastTime = { mtimeNs: 0n, seconds: 0, nanos: 0 }

  constructor(out: TarOutput, digests: boolean) {
    this.#out = out
    this.#digests = digests
  }

  setDigest(digest: Digest | undefined): void {
    if (digest) this.columns.setDigest(this.#row, digest)
  }

  /** Whole seconds and nanoseconds; worked out once for neighbours that have the same time. */
  #time(mtimeNs: bigint): { readonly seconds: number; readonly nanos: number } {
    if (mtimeNs !== this.#lastTime.mtimeNs) {
      const seconds = floorSeconds(mtimeNs)
      this.#lastTime = { mtimeNs, seconds, nanos: Number(mtimeNs - BigInt(seconds) * NANOS) }
    }
    return this.#lastTime
  }

  /** Writes a member; gives the content where it is still to be streamed. */
  write({ path, inode }: LayerChange): Content | undefined {
    checkPath(path)
    if (inode === null) {
      writeHeader(this.#out, { ...PLAIN, name: whiteoutPath(path) })
      this.columns.add('whiteout', path, 0, 0, 0, 0, 0, 0, this.#out.position)
      return undefined
    }
    const { seconds, nanos } = this.#time(inode.mtimeNs)
    const first = inode.type === 'dir' ? undefined : this.#written.get(inode)
    const kind = first === undefined ? inode.type : 'hardlink'
    const size = kind === 'file' ? (inode as { content: Content }).content.size : 0
    const isDevice = kind === 'char' || kind === 'block'
    writeHeader(this.#out, {
      name: kind === 'dir' ? `${path}/` : path,
      type: TYPE[kind],
      linkName: first ?? (inode.type === 'symlink' ? inode.target : ''),
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      seconds,
      nanos,
      size,
      major: isDevice ? (inode as { major: number }).major : 0,
      minor: isDevice ? (inode as { minor: number }).minor : 0,
      // Repeated on hard links too: unpackers set the owner again there, which takes capabilities away.
      xattrs: inode.xattrs?.size ? inode.xattrs : undefined,
    })
    const { columns } = this
    this.#row = columns.add(kind, path, inode.mode, inode.uid, inode.gid, seconds, nanos, size, this.#out.position)
    if (inode.xattrs?.size) columns.setXattrs(this.#row, inode.xattrs)
    if (first !== undefined) {
      columns.setTarget(this.#row, first)
      return undefined
    }
    if (inode.type === 'dir') return undefined
    this.#written.set(inode, path)
    if (inode.type === 'symlink') columns.setTarget(this.#row, inode.target)
    else if (inode.type === 'char' || inode.type === 'block') columns.setDevice(this.#row, inode.major, inode.minor)
    if (inode.type !== 'file') return undefined
    const digest = writeContentSync(this.#out, inode.content, path, this.#digests)
    if (!digest) return inode.content
    if (digest !== 'unhashed') columns.setDigest(this.#row, digest)
    return undefined
  }
}

/** A whiteout: an empty file. Nobody looks at its owner or time; zeros are the canonical choice. */
const PLAIN: Omit<HeaderInit, 'name'> = {
  type: TYPE.file,
  linkName: '',
  mode: 0,
  uid: 0,
  gid: 0,
  seconds: 0,
  nanos: 0,
  size: 0,
  major: 0,
  minor: 0,
  xattrs: undefined,
}

function floorSeconds(mtimeNs: bigint): number {
  const whole = mtimeNs / NANOS
  return Number(mtimeNs < 0n && whole * NANOS !== mtimeNs ? whole - 1n : whole)
}

/** S4: no absolute path, no `.` or `..`, no empty component; and no name that a reader would take for a whiteout. */
function checkPath(path: string): void {
  let start = 0
  for (let i = 0; i <= path.length; i++) {
    const code = i < path.length ? path.charCodeAt(i) : SLASH
    if (code === 0) throw invalidPath(path)
    if (code !== SLASH) continue
    const length = i - start
    if (length === 0) throw invalidPath(path)
    if (path.charCodeAt(start) === DOT) {
      if (length === 1 || (length === 2 && path.charCodeAt(start + 1) === DOT)) throw invalidPath(path)
      if (path.startsWith(WHITEOUT, start)) {
        throw new LayerError(
          'LAYER_NAME_RESERVED',
          path,
          `names that begin with "${WHITEOUT}" mean whiteouts in a layer: rename it, or remove it in the same step`,
        )
      }
    }
    start = i + 1
  }
}

const invalidPath = (path: string): LayerError =>
  new LayerError('LAYER_PATH_INVALID', path, 'a layer holds clean relative paths only: no leading slash, no empty name, no "." and no ".."')
