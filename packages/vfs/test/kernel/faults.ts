/**
 * Overlays with one rule broken each, put around the real one: what the comparison with the kernel has to find. Nothing of the
 * implementation is edited.
 */
import { type Inode, lookup, type Overlay, type Snapshot } from '@layerwright/vfs'

type Override = Partial<{ [K in keyof Overlay]: Overlay[K] }>

/** `overlay` with some of its methods replaced. */
function withOverride(overlay: Overlay, override: Override): Overlay {
  return new Proxy(overlay, {
    get(target, name) {
      const source: object = name in override ? override : target
      const value: unknown = Reflect.get(source, name, source === target ? target : override)
      return typeof value === 'function' ? value.bind(source) : value
    },
  })
}

const there = (tree: Snapshot, path: string): Inode | undefined => {
  try {
    return lookup(tree, path, { follow: false })
  } catch {
    return undefined
  }
}

/** Other names that a lower inode has. */
function otherNames(tree: Snapshot, path: string): string[] {
  const inode = there(tree, path)
  const names: string[] = []
  const visit = (dir: Snapshot, prefix: string) => {
    for (const [name, child] of dir.entries) {
      if (child === inode && `${prefix}/${name}` !== path) names.push(`${prefix}/${name}`)
      else if (child.type === 'dir') visit(child, `${prefix}/${name}`)
    }
  }
  if (inode && inode.type !== 'dir') visit(tree, '')
  return names
}

/** Rules by name, each with an overlay that breaks it. */
export const FAULTS: Readonly<Record<string, (overlay: Overlay) => Overlay>> = {
  'a directory that was removed and made again is opaque': (overlay) =>
    withOverride(overlay, {
      mkdir(path, options) {
        overlay.mkdir(path, options)
        const below = there(overlay.lower, path)
        // Everything that the lower has there shows through again.
        if (below?.type === 'dir') for (const [name, inode] of below.entries) overlay.graft(`${path}/${name}`, inode)
      },
    }),
  'a write to one name of a lower pair of links splits the pair': (overlay) =>
    withOverride(overlay, {
      writeFile(path, data, options) {
        const before = overlay.freeze()
        overlay.writeFile(path, data, options)
        for (const name of otherNames(overlay.lower, path))
          if (there(before, name) === there(overlay.lower, path)) overlay.writeFile(name, data, options)
      },
    }),
  'what a rename leaves behind is a whiteout': (overlay) => {
    const renamed = new Set<string>()
    return withOverride(overlay, {
      rename(from, to) {
        overlay.rename(from, to)
        renamed.add(from.slice(1))
      },
      changes: () => overlay.changes().filter(({ path, inode }) => inode !== null || !renamed.has(path)),
    })
  },
  'a directory of which everything was removed is empty': (overlay) =>
    withOverride(overlay, {
      rmdir(path) {
        const below = there(overlay.lower, path)
        const inode = there(overlay.freeze(), path)
        // As if whiteouts were entries.
        if (below?.type === 'dir' && inode?.type === 'dir' && inode.entries.size === 0 && below.entries.size > 0)
          throw Object.assign(new Error('rmdir'), { code: 'ENOTEMPTY' })
        overlay.rmdir(path)
      },
    }),
  'a copy-up takes the attributes along': (overlay) =>
    withOverride(overlay, {
      chmod(path, mode) {
        const before = overlay.freeze()
        overlay.chmod(path, mode)
        const inode = there(before, path)
        if (inode && inode === there(overlay.lower, path)) for (const name of inode.xattrs?.keys() ?? []) overlay.removexattr(path, name)
      },
    }),
}
