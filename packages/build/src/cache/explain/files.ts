import { type Content, type DirInode, type Inode, readAll, type Snapshot, sameContent, sortedNames } from '@layerwright/vfs'
import { MAX_COMPARED_BYTES, MAX_COMPARED_EDITS, MAX_COMPARED_FILES } from '../../limits.js'
import type { FileDifference } from './types.js'

/** Which files of two deltas differ, in the order of their paths. Directories only where one side has none. */
export async function differingFiles(before: Snapshot, now: Snapshot): Promise<FileDifference[]> {
  const found: FileDifference[] = []
  const visit = async (old: DirInode, latest: DirInode, prefix: string): Promise<void> => {
    for (const name of sortedNames(new Map([...old.entries, ...latest.entries]))) {
      if (found.length >= MAX_COMPARED_FILES) return
      const path = `${prefix}/${name}`
      const [a, b] = [old.entries.get(name), latest.entries.get(name)]
      if (a === b) continue
      if (!a || !b) found.push({ path, change: a ? 'gone' : 'new' })
      else if (a.type === 'dir' && b.type === 'dir') await visit(a, b, path)
      else {
        const difference = await compare(a, b)
        if (difference) found.push({ path, ...difference })
      }
    }
  }
  await visit(before, now, '')
  return found
}

async function compare(a: Inode, b: Inode): Promise<Omit<FileDifference, 'path'> | undefined> {
  if (a.type !== b.type) return { change: 'type' }
  if (a.type === 'symlink' && b.type === 'symlink' && a.target !== b.target) return { change: 'content' }
  if (a.type === 'file' && b.type === 'file' && !(await sameContent(a.content, b.content))) {
    const lines = await differingLines(a.content, b.content)
    return { change: 'content', ...(lines === undefined ? {} : { lines }) }
  }
  if (a.mode !== b.mode) return { change: 'mode' }
  if (a.uid !== b.uid || a.gid !== b.gid) return { change: 'owner' }
  return a.mtimeNs === b.mtimeNs ? undefined : { change: 'time' }
}

/** Lines that differ: where some were replaced by others, the larger number. Undefined for what is no text, or too much of it. */
async function differingLines(before: Content, now: Content): Promise<number | undefined> {
  if (before.size > MAX_COMPARED_BYTES || now.size > MAX_COMPARED_BYTES) return undefined
  const [old, latest] = await Promise.all([before, now].map(textOf))
  if (old === undefined || latest === undefined) return undefined
  const { diffLines } = await import('diff')
  const parts = diffLines(old, latest, { maxEditLength: MAX_COMPARED_EDITS })
  if (!parts) return undefined
  let lines = 0
  let removed = 0
  for (const { added, removed: taken, count = 0 } of parts) {
    if (taken) removed += count
    else if (added) {
      lines += Math.max(count, removed)
      removed = 0
    } else {
      lines += removed
      removed = 0
    }
  }
  return lines + removed
}

async function textOf(content: Content): Promise<string | undefined> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readAll(content))
    return text.includes('\0') ? undefined : text
  } catch (error) {
    if (error instanceof TypeError) return undefined // no UTF-8
    throw error
  }
}
