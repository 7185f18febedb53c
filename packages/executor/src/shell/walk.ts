import type { Stat } from '@layerwright/vfs'
import type { Call } from './call.js'
import { codeOf } from './system/strerror.js'

/**
 * Goes through a tree, the directory before what is in it, links not followed. `enter` returning false leaves a directory out.
 * `after` is called when a directory is done.
 */
export async function walk(
  call: Call,
  root: string,
  enter: (place: string, stat: Stat, depth: number) => unknown | Promise<unknown>,
  failed: (place: string, error: unknown) => void,
  options: {
    readonly followRoot?: boolean
    readonly followAll?: boolean
    readonly after?: (place: string, stat: Stat, depth: number) => unknown | Promise<unknown>
  } = {},
): Promise<void> {
  const visit = async (place: string, depth: number, above: readonly string[]): Promise<void> => {
    await call.step()
    let stat: Stat
    const path = call.path(place)
    try {
      stat = call.fs.lstat(path)
      if (stat.type === 'symlink' && (options.followAll || (depth === 0 && options.followRoot))) stat = call.fs.find(path) ?? stat
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      failed(place, error)
      return
    }
    // Only a link can lead back to a directory above. Who asks for a number looks at all attributes.
    const key = options.followAll && stat.type === 'dir' ? `${stat.dev}:${stat.ino}` : undefined
    if (key !== undefined && above.includes(key)) return
    const inner = key === undefined ? above : [...above, key]
    if ((await enter(place, stat, depth)) === false || stat.type !== 'dir') {
      if (stat.type === 'dir') await options.after?.(place, stat, depth)
      return
    }
    let names: string[] = []
    try {
      names = call.fs.readdir(path).map((entry) => entry.name)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      failed(place, error)
    }
    for (const name of names) await visit(place.endsWith('/') ? place + name : `${place}/${name}`, depth + 1, inner)
    await options.after?.(place, stat, depth)
  }
  await visit(root, 0, [])
}
