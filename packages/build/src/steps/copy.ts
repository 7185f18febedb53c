import { sha256 } from '@layerwright/digest'
import { type InlineFile, type ResolvedStep, sourceKind } from '@layerwright/dockerfile'
import { createMatcher, IgnorePatternError } from '@layerwright/dockerignore'
import { createOverlay, type DirInode, emptySnapshot, type FileInode, memoryContent, textContent, treeDigest } from '@layerwright/vfs'
import { withAttributes } from '../copy/attributes.js'
import { type Chmod, parseChmod } from '../copy/chmod.js'
import { type Owner, parseOwner } from '../copy/owner.js'
import { type Placement, place } from '../copy/place.js'
import { prune } from '../copy/prune.js'
import type { MadeDirectory } from '../copy/target.js'
import { BadPatternError } from '../errors.js'
import { MAX_LISTED_SOURCES } from '../limits.js'
import { cleanPath } from '../paths.js'
import { fetchSource } from '../remote/place.js'
import { hasWildcard } from '../select/glob.js'
import { follow, type SourceTree, selectSource, splitPivot } from '../select/sources.js'
import { placeArchive, readArchive } from './archive.js'
import { commonInputs, type PreparedStep, type StepChanges, type StepContext } from './types.js'

export type CopyStep = Extract<ResolvedStep, { kind: 'copy' | 'add' }>

/** COPY and ADD of files: what they select decides their key, and what they write is merged into the root by the rules of `copy/`. */
export async function prepareCopy(step: CopyStep, context: StepContext): Promise<PreparedStep> {
  const chmod = step.chmod === undefined ? undefined : parseChmod(step.chmod)
  // With --chmod the reference falls back to a plain COPY: the layer has to see the directories that are there.
  const linked = step.link && !chmod
  const items = [...(await sourceItems(step, context)), ...step.inline.map((file) => inlineFile(file, context))]
  const inputs = await commonInputs(
    context,
    [step.kind, step.dest, step.chown ?? null, step.chmod ?? null, linked, step.unpack ?? null],
    !linked,
  )
  // A chain says what a tree is, but not what of it is taken.
  if (context.strength === 'definition') inputs.set('selection', JSON.stringify([step.sources, step.exclude, step.parents]))

  const run = async (): Promise<StepChanges> => {
    const lower = linked ? emptySnapshot() : await context.root.snapshot()
    const overlay = createOverlay(lower, { now: () => context.times.nowNs() })
    const owner = step.chown === undefined ? undefined : await parseOwner(step.chown, overlay, linked || context.root.empty)
    const made = madeDirectory(owner, chmod)
    for (const item of items) {
      const archive =
        item.unpack && item.inode.type === 'file'
          ? await readArchive(item.name, item.inode.content, context.store, context.decompress)
          : undefined
      if (archive) placeArchive(overlay, archive, step.dest, owner)
      else place(overlay, { ...item, inode: withAttributes(item.inode, owner, chmod) }, step.dest, made)
    }
    const changes = overlay.changes()
    return linked ? { changes } : { changes, lower, merged: overlay.freeze() }
  }

  const ahead = await context.ahead?.(inputs, run)
  const sources: unknown[] = []
  for (const item of items)
    sources.push([item.name, item.inode.type, await sourceKey(item, step, chmod, context), [...(item.passed ?? [])]])
  inputs.set('sources', sources.length > MAX_LISTED_SOURCES ? sha256(JSON.stringify(sources)) : JSON.stringify(sources))
  return { inputs, simulated: false, run: ahead ? async () => ahead : run }
}

/**
 * A source in a key: its content with the metadata that it will have, so that modes and owners of the source don't matter where a flag decides them. Who
 * the name in --chown is, the instruction and the root say.
 */
async function sourceKey({ inode, tree }: Item, step: CopyStep, chmod: Chmod | undefined, context: StepContext): Promise<string> {
  if (context.strength === 'definition' && tree?.chain) return tree.chain()
  const owner = step.chown === undefined ? undefined : { uid: 0, gid: 0 }
  const withTimes = context.times.mode === 'fixed' || !tree?.hostTimes
  return treeDigest(withAttributes(inode, owner, chmod), withTimes ? 'exact' : 'selection', { signal: context.signal })
}

/** Directories that have to be made take --chown, and the permissions of an octal --chmod without its special bits; a symbolic mode does not reach them. */
const madeDirectory = (owner: Owner | undefined, chmod: Chmod | undefined): MadeDirectory => ({
  mode: chmod?.octal ? chmod.apply(0o755, true) & 0o777 : 0o755,
  owner,
})

/** Something to place, whether it is unpacked if it is an archive, and the tree that it was taken from, if any. */
type Item = Placement & { readonly unpack: boolean; readonly tree?: SourceTree }

/** Everything that the sources of an instruction name, in their order, with what --exclude leaves out gone. */
async function sourceItems(step: CopyStep, context: StepContext): Promise<Item[]> {
  const remote = (source: string) => step.kind === 'add' && sourceKind(source).kind !== 'path'
  // The context is not read for an instruction that takes nothing from it.
  const tree = step.sources.every(remote) ? undefined : await context.source(step.from)
  // Of the patterns for a file, too, which leave nothing of it out.
  if (tree && step.exclude.length > 0) checkPatterns(step.exclude, tree, 'excludepatterns')
  const items: Item[] = []
  for (const source of step.sources) {
    const found: Item[] = remote(source) ? [await fetchSource(step, source, context)] : selectAll(step, tree!, source)
    for (const item of found) {
      // With --parents that is done: pattern and exceptions decide together.
      if (step.parents || item.inode.type !== 'dir') items.push(item)
      else items.push({ ...item, ...pruned(item.inode, undefined, step.exclude) })
    }
  }
  return items
}

function selectAll(step: CopyStep, tree: SourceTree, source: string): Item[] {
  const unpack = step.kind === 'add' && step.unpack !== false
  const found = step.parents ? selectWithParents(step, tree, source) : selectSource(tree, source)
  return found.map((placement) => ({ unpack, tree, ...placement }))
}

const pruned = (inode: DirInode, include: string | undefined, exclude: readonly string[]) => {
  const { dir, passed } = prune(inode, include, exclude)
  return { inode: dir, passed }
}

/** `--parents`: each directory at the pivot with only what the pattern names in it: `.` and what ends at its pivot name nothing. What is plainly named has to be there; a pattern may name nothing. */
function selectWithParents(step: CopyStep, tree: SourceTree, source: string): Placement[] {
  const { root, pattern } = splitPivot(source)
  checkPatterns([pattern], tree, 'includepatterns')
  // A link on the way is enough for the name to be there, although nothing is taken through it.
  if (!hasWildcard(root) && !hasWildcard(pattern)) follow(tree, cleanPath(`${root}/${pattern}`))
  return selectSource(tree, root).map(({ name, inode }) =>
    inode.type === 'dir' ? { name: '', ...pruned(inode, pattern, step.exclude) } : { name, inode },
  )
}

/** @throws BadPatternError */
function checkPatterns(patterns: readonly string[], { where }: SourceTree, name: 'includepatterns' | 'excludepatterns'): void {
  try {
    createMatcher(patterns)
  } catch (error) {
    if (!(error instanceof IgnorePatternError)) throw error
    throw new BadPatternError(patterns.join(' '), where, { name, reason: error.message })
  }
}

function inlineFile(file: InlineFile, context: StepContext): Item {
  const inode: FileInode = {
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: context.times.nowNs(),
    content: file.bytes ? memoryContent(file.bytes) : textContent(file.data),
  }
  return { name: file.name, inode, unpack: false }
}
