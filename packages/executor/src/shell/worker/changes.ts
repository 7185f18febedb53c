/** What a command changed: gathered in the worker, done to the caller's overlay by the host. */
import {
  type Content,
  concatContent,
  contentParts,
  type DirInode,
  type Inode,
  type LayerChange,
  memoryContent,
  type Overlay,
  replayChanges,
  type Snapshot,
  setAttributes,
  sliceContent,
  upperChanges,
  walk,
  zeroContent,
} from '@layerwright/vfs'
import { HostContent } from './contents.js'
import type { ChangesData, PieceData } from './messages.js'
import { buffersOf, RowWriter, readRows } from './rows.js'

/** The changes since `before`, and the buffers to hand over with them. `undefined` where there are none. */
export function gatherChanges(overlay: Overlay, before: Snapshot): { data: ChangesData; transfer: ArrayBuffer[] } | undefined {
  const after = overlay.freeze()
  if (after === before) return undefined
  const changes = upperChanges(before, after)
  const others = otherNames(changes, overlay, after)
  const writer = new RowWriter()
  const rowOf = new Map<Inode, number>()
  const contents = new Map<Content, number>()
  const made: (number | readonly PieceData[])[] = []
  const transfer: ArrayBuffer[] = []
  const contentNumber = (content: Content): number => {
    const known = contents.get(content)
    if (known !== undefined) return known
    const number = made.push(content instanceof HostContent ? content.number : piecesOf(content, transfer)) - 1
    contents.set(content, number)
    return number
  }
  const rowFor = (inode: Inode): number => {
    const row = rowOf.get(inode) ?? writer.add(inode, inode.type === 'file' ? contentNumber(inode.content) : 0)
    rowOf.set(inode, row)
    return row
  }
  const removed = Uint8Array.from(changes, ({ inode }) => (inode ? 0 : 1))
  const row = Uint32Array.from(changes, ({ inode }) => (inode ? rowFor(inode) : 0))
  const known = [...others].map(([inode, path]) => [rowFor(inode), path] as const)
  writer.add(after)
  const rows = writer.finish()
  transfer.push(removed.buffer, row.buffer, ...buffersOf(rows))
  return { data: { paths: changes.map(({ path }) => path), removed, row, rows, made, known }, transfer }
}

/** Another name of each file of which some names are new and others as they were: the new ones are to be linked to it. */
function otherNames(changes: readonly LayerChange[], overlay: Overlay, after: Snapshot): Map<Inode, string> {
  const listed = new Map<Inode, number>()
  for (const { inode } of changes) if (inode && inode.type !== 'dir') listed.set(inode, (listed.get(inode) ?? 0) + 1)
  const missing = new Set<Inode>()
  for (const { path, inode } of changes) {
    if (inode && inode.type !== 'dir' && overlay.lstat(`/${path}`).nlink > listed.get(inode)!) missing.add(inode)
  }
  const names = new Map<Inode, string>()
  if (missing.size === 0) return names
  const changed = new Set(changes.map(({ path }) => path))
  for (const { path, inode } of walk(after)) if (missing.has(inode) && !changed.has(path)) names.set(inode, `/${path}`)
  return names
}

/** A content of the worker's, and the buffers to hand over with it. */
export function piecesOf(content: Content, transfer: ArrayBuffer[]): readonly PieceData[] {
  return contentParts(content).map((part): PieceData => {
    if (part.kind === 'zeros') return part.size
    if (part.kind === 'slice') {
      if (part.content instanceof HostContent) return [part.content.number, part.start, part.end]
      throw new TypeError('a content that is neither in memory nor of the host')
    }
    const bytes = part.bytes.slice()
    transfer.push(bytes.buffer)
    return bytes
  })
}

/** Does the changes to the overlay that they are of. @throws FsError where the overlay was changed meanwhile so that they do not fit */
export function applyChanges(overlay: Overlay, data: ChangesData, hostContent: (number: number) => Content): void {
  const contents = data.made.map((made) => (typeof made === 'number' ? hostContent(made) : contentOfPieces(made, hostContent)))
  const inodes = readRows(data.rows, (number) => contents[number]!)
  replayChanges(
    overlay,
    data.paths.map((path, i) => ({ path, inode: data.removed[i] === 1 ? null : inodes[data.row[i]!]! })),
    new Map(data.known.map(([row, path]) => [inodes[row]!, path])),
  )
  const root = inodes.at(-1) as DirInode
  setAttributes(overlay, '/', root)
}

/** A content that came as pieces. */
export const contentOfPieces = (pieces: readonly PieceData[], hostContent: (number: number) => Content): Content =>
  concatContent(
    pieces.map((piece) => {
      if (typeof piece === 'number') return zeroContent(piece)
      if (piece instanceof Uint8Array) return memoryContent(piece)
      const [number, start, end] = piece
      return sliceContent(hostContent(number), start, end)
    }),
  )
