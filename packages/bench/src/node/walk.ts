import { readdirSync } from 'node:fs'
import { createMatcher, createWalkFilter, parseIgnoreFile, type WalkState } from '@layerwright/dockerignore'
import { type MeasureOptions, measurePair } from '../measure.js'
import type { BenchRow } from '../report.js'
import { ResultsDifferError } from './errors.js'
import { ignoreLines, makeTree, withFolder } from './tree.js'

/** Every file below a folder; nothing else is done with them. */
function bareWalk(folder: string, prefix: string, files: string[]): string[] {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = prefix + entry.name
    if (entry.isDirectory()) bareWalk(`${folder}/${entry.name}`, `${path}/`, files)
    else files.push(path)
  }
  return files
}

/** The files that reach a build. */
function filteredWalk(root: string): string[] {
  const filter = createWalkFilter(parseIgnoreFile(ignoreLines.join('\n')).patterns)
  const files: string[] = []
  const enter = (folder: string, prefix: string, parent: WalkState) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = prefix + entry.name
      const isDirectory = entry.isDirectory()
      const { keep, descend, state } = filter.visit(path, isDirectory, parent)
      if (!isDirectory) {
        if (keep) files.push(path)
      } else if (descend) enter(`${folder}/${entry.name}`, `${path}/`, state)
    }
  }
  enter(root, '', filter.root)
  return files
}

/**
 * The walk of a context against a bare walk of the whole of it: what the patterns cost has to come in by not entering what they leave out.
 * @throws ResultsDifferError if the files that are left are not those that the other evaluation, path by path, leaves
 */
export function benchWalk(files: number, options: MeasureOptions): Promise<BenchRow> {
  return withFolder(async (root) => {
    makeTree(root, files)
    const matcher = createMatcher(parseIgnoreFile(ignoreLines.join('\n')).patterns)
    const all = bareWalk(root, '', [])
    const expected = all.filter((path) => !matcher.ignores(path)).sort()
    const kept = filteredWalk(root).sort()
    if (kept.length !== expected.length || kept.some((path, i) => path !== expected[i])) {
      throw new ResultsDifferError(`the walk keeps ${kept.length} files, the matcher ${expected.length}`)
    }
    const measured = await measurePair(
      () => filteredWalk(root),
      () => bareWalk(root, '', []),
      options,
    )
    return {
      name: 'ignore walk',
      against: 'a bare readdirSync walk',
      measured,
      goal: 1,
      detail: `${all.length} files, ${ignoreLines.length} patterns, ${kept.length} files kept, as the matcher says`,
    }
  })
}
