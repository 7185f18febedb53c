import type { Overlay } from '@layerwright/vfs'
import { lstatOrNone, resolveTarget } from '../copy/target.js'
import { cleanPath, parentOf } from '../paths.js'

/**
 * The paths that mounting will have to make: each mount target that is not there, with its missing parents. Deepest first.
 */
export function findStubs(overlay: Overlay, targets: readonly string[]): string[] {
  const stubs = new Set<string>()
  for (const target of targets) {
    for (let path = resolveTarget(overlay, cleanPath(target)); path !== '/' && !lstatOrNone(overlay, path); path = parentOf(path))
      stubs.add(path)
  }
  return [...stubs].sort((a, b) => b.length - a.length)
}

/** Removes what mounting made, unless something was put there since. */
export function removeStubs(overlay: Overlay, stubs: readonly string[]): void {
  for (const path of stubs) {
    const stat = lstatOrNone(overlay, path)
    if (stat?.type === 'dir' && overlay.readdir(path).length === 0) overlay.rmdir(path)
    else if (stat?.type === 'file' && stat.size === 0) overlay.unlink(path)
  }
}
