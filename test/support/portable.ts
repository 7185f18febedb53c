/** The entries that have to run in a browser. */
import { type Package, packages } from './repository.js'

/** Entries that belong to Node, by subpath: everything else is portable. The command line as a whole is a Node program. */
const NODE_ONLY = new Set(['./node', './testing', './linux', './docker'])

export interface PortableEntry {
  /** As a user imports it. */
  readonly name: string
  readonly one: Package
  readonly source: string
}

export const portableEntries: readonly PortableEntry[] = packages
  .filter(({ id }) => id !== 'layerwright')
  .flatMap((one) =>
    [...one.entries]
      .filter(([subpath]) => !NODE_ONLY.has(subpath))
      .map(([subpath, source]) => ({ name: one.manifest.name + subpath.slice(1), one, source })),
  )
