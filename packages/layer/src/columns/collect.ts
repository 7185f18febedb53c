import type { Digest } from '@layerwright/digest'
import { byteLengthOf } from '@layerwright/vfs'
import { LayerError, LayerLimitError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import type { TarMember } from '../tar/parser.js'
import type { ColumnsBuilder } from './builder.js'
import { cleanPath } from './paths.js'
import { meaningOf } from './whiteouts.js'

/**
 * Takes a member of a layer tar into the columns, by the rules of layers; gives its row, -1 where it has none.
 * @throws LayerError, LayerLimitError
 */
export function collectMember(builder: ColumnsBuilder, member: TarMember, digest: Digest | undefined, limits: LayerLimits): number {
  const path = cleanPath(member.name, 'refuse', limits)
  const meaning = meaningOf(path)
  if (meaning.kind === 'ignored') return -1
  if (meaning.kind !== 'entry') return builder.add(meaning.kind, meaning.path, 0, 0, 0, 0, 0, 0, member.offset)
  // S1: the root may only ever be a directory.
  if (path === '' && member.kind !== 'dir')
    throw new LayerError('LAYER_ROOT_TYPE', member.name, `the root is a ${member.kind} here; it can only be a directory`)
  const { kind, mode, uid, gid, seconds, nanos, size, offset } = member
  const row = builder.add(kind, path, mode, uid, gid, seconds, nanos, size, offset)
  if (digest) builder.setDigest(row, digest)
  if (kind === 'symlink') {
    if (byteLengthOf(member.linkName) > limits.pathBytes)
      throw new LayerLimitError('pathBytes', limits.pathBytes, `The target of the symlink ${JSON.stringify(path)}`)
    builder.setTarget(row, member.linkName)
  } else if (kind === 'hardlink') builder.setTarget(row, linkTarget(path, member.linkName, limits))
  else if (kind === 'char' || kind === 'block') builder.setDevice(row, member.major, member.minor)
  if (member.xattrs) builder.setXattrs(row, member.xattrs)
  if (member.sparse) builder.setSparse(row, member.sparse)
  return row
}

/** S7: a hard link names an entry from the root of the archive. */
function linkTarget(path: string, linkName: string, limits: LayerLimits): string {
  const target = cleanPath(linkName, 'refuse', limits)
  if (target === '') throw new LayerError('LAYER_LINK_TARGET', path, 'it is a hard link to the root')
  if (meaningOf(target).kind !== 'entry') throw new LayerError('LAYER_LINK_TARGET', path, 'it is a hard link to a whiteout')
  return target
}
