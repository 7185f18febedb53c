import { type Content, type Snapshot, sliceContent } from '@layerwright/vfs'
import { frozen } from './apply/merge.js'
import { treeOf } from './apply/tree.js'
import { ColumnsBuilder } from './columns/builder.js'
import { cleanPath } from './columns/paths.js'
import { LayerError } from './errors.js'
import { type LayerLimits, layerLimits } from './limits.js'
import type { TarMember } from './tar/parser.js'
import { isSync, scanHeaders } from './tar/scan.js'
import { sparseContent } from './tar/sparse.js'
import { StreamScanner } from './tar/stream.js'
import type { TarEntry } from './types.js'

const NANOS = 1_000_000_000n

/**
 * The members of any uncompressed tar, in its order, names verbatim; contents are slices of it. Whiteouts are ordinary files here: this is for
 * archives, not for layers.
 * @throws TarError, LayerLimitError
 */
export async function readTar(content: Content, options: Partial<LayerLimits> = {}): Promise<TarEntry[]> {
  const limits = { ...layerLimits, ...options }
  const entries: TarEntry[] = []
  const take = (member: TarMember) => void entries.push(entryOf(content, member))
  if (isSync(content)) scanHeaders(content, take, limits)
  else {
    const scanner = new StreamScanner(limits, false, take)
    for await (const chunk of content.stream()) scanner.write(chunk)
    scanner.end()
  }
  return entries
}

function entryOf(archive: Content, member: TarMember): TarEntry {
  const data = member.kind === 'file' ? sliceContent(archive, member.offset, member.offset + member.stored) : undefined
  return {
    name: member.name,
    kind: member.kind,
    linkName: member.linkName,
    mode: member.mode,
    uid: member.uid,
    gid: member.gid,
    mtimeNs: BigInt(member.seconds) * NANOS + BigInt(member.nanos),
    major: member.major,
    minor: member.minor,
    xattrs: member.xattrs,
    content: data && member.sparse ? sparseContent(data, member.sparse, member.size, undefined) : data,
  }
}

/**
 * The tree that unpacking these members into an empty folder gives: later members replace earlier ones, parents that are missing are made, links
 * of the archive are followed inside the root, hard links share an inode.
 * `climbing`: whether a name that climbs out with `..` is clamped to the root (what ADD does) or refused. Default clamp.
 * @throws LayerError, LayerLimitError
 */
export function tarTree(
  entries: readonly TarEntry[],
  options: { readonly climbing?: 'clamp' | 'refuse'; readonly limits?: Partial<LayerLimits> } = {},
): Snapshot {
  const climbing = options.climbing ?? 'clamp'
  const limits = { ...layerLimits, ...options.limits }
  const builder = new ColumnsBuilder()
  for (const entry of entries) {
    const path = cleanPath(entry.name, climbing, limits)
    if (path === '' && entry.kind !== 'dir')
      throw new LayerError('LAYER_ROOT_TYPE', entry.name, `the root is a ${entry.kind} here; it can only be a directory`)
    const seconds = floorSeconds(entry.mtimeNs)
    const nanos = Number(entry.mtimeNs - BigInt(seconds) * NANOS)
    const row = builder.add(entry.kind, path, entry.mode, entry.uid, entry.gid, seconds, nanos, entry.content?.size ?? 0, 0)
    if (entry.kind === 'symlink') builder.setTarget(row, entry.linkName)
    else if (entry.kind === 'hardlink') builder.setTarget(row, cleanPath(entry.linkName, climbing, limits))
    else if (entry.kind === 'char' || entry.kind === 'block') builder.setDevice(row, entry.major, entry.minor)
    if (entry.xattrs) builder.setXattrs(row, entry.xattrs)
  }
  const columns = builder.finish()
  // Rows are sorted; `order` says where each member went.
  const member = new Uint32Array(columns.count)
  for (let i = 0; i < columns.count; i++) member[columns.order ? columns.order[i]! : i] = i
  return frozen(treeOf(columns, (row) => entries[member[row]!]!.content!))
}

function floorSeconds(mtimeNs: bigint): number {
  const whole = mtimeNs / NANOS
  return Number(mtimeNs < 0n && whole * NANOS !== mtimeNs ? whole - 1n : whole)
}
