import { byteLengthOf, compareNames } from '@layerwright/vfs'
import { LayerError, LayerLimitError } from '../errors.js'
import type { LayerLimits } from '../limits.js'

const SLASH = 47
const DOT = 46

/**
 * Order of paths as a walk meets them: by the bytes of each component, parents before children (`a`, `a/b`, `a-b`).
 */
export function comparePaths(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  let i = 0
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (i === a.length || i === b.length) return a.length - b.length
  const x = a.charCodeAt(i)
  const y = b.charCodeAt(i)
  if (x < 0xd800 && y < 0xd800) return x === SLASH ? -1 : y === SLASH ? 1 : x - y
  // Escaped bytes and characters above U+FFFF sort by their bytes, and differ inside one component.
  const start = a.lastIndexOf('/', i - 1) + 1
  return compareNames(componentAt(a, start), componentAt(b, start))
}

function componentAt(path: string, start: number): string {
  const end = path.indexOf('/', start)
  return end < 0 ? path.slice(start) : path.slice(start, end)
}

/**
 * A member's name as a clean path inside the root: no leading slash, no `.`, no empty component; `''` is the root. `..` takes
 * back the component before it, by name; the parents of what remains are resolved later, in the tree (S2).
 * `climbing`: what a `..` above the root does.
 * @throws LayerError LAYER_PATH_CLIMBS, LayerLimitError
 */
export function cleanPath(name: string, climbing: 'refuse' | 'clamp', limits: LayerLimits): string {
  // Directories end in a slash, and `tar -C dir .` begins every name with `./`.
  const from = name.charCodeAt(0) === DOT && name.charCodeAt(1) === SLASH ? 2 : 0
  const to = name.charCodeAt(name.length - 1) === SLASH ? name.length - 1 : name.length
  const bare = to > from ? name.slice(from, to) : name
  const path = isClean(bare) ? bare : cleaned(name, climbing)
  checkLength(path, limits)
  return path
}

/** Most names are clean: then no list of components is made. */
function isClean(name: string): boolean {
  let start = 0
  for (let i = 0; i <= name.length; i++) {
    const code = i === name.length ? SLASH : name.charCodeAt(i)
    if (code !== SLASH) continue
    const length = i - start
    if (length === 0 || (length <= 2 && name.charCodeAt(start) === DOT && (length === 1 || name.charCodeAt(start + 1) === DOT)))
      return false
    start = i + 1
  }
  return true
}

function cleaned(name: string, climbing: 'refuse' | 'clamp'): string {
  const out: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') out.push(part)
    else if (out.pop() === undefined && climbing === 'refuse')
      throw new LayerError('LAYER_PATH_CLIMBS', name, 'it climbs out of the root with ".."')
  }
  return out.join('/')
}

function checkLength(path: string, limits: LayerLimits): void {
  // The whiteout of a name that is as long as names may be is longer by its mark.
  const marked = path.includes('.wh.') ? 4 : 0
  if (path.length * 3 > limits.pathBytes) {
    const bytes = byteLengthOf(path)
    if (bytes > limits.pathBytes + marked) throw new LayerLimitError('pathBytes', limits.pathBytes, `A path of ${bytes} bytes`)
  }
  let start = 0
  let depth = 0
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', start)) {
    const stop = end < 0 ? path.length : end
    depth++
    const room = limits.nameBytes + marked
    if ((stop - start) * 3 > room && byteLengthOf(path.slice(start, stop)) > room) {
      throw new LayerLimitError('nameBytes', limits.nameBytes, `A name in ${JSON.stringify(path.slice(0, 100))}`)
    }
    if (end < 0) break
    start = end + 1
  }
  if (depth > limits.depth) throw new LayerLimitError('depth', limits.depth, `The depth of ${JSON.stringify(path.slice(0, 100))}…`)
}

export const parentOf = (path: string): string => {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
