/** The repository as data: its packages, their manifests and their source files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** Folder name below `packages/`; also its name in the table of what may import what. */
  readonly id: string
  readonly folder: string
  readonly manifest: Manifest
  /** Public entries by subpath (`.`, `./node`) with the source file behind each. */
  readonly entries: ReadonlyMap<string, string>
  /** Every source file, absolute, sorted; tests are apart. */
  readonly sources: readonly string[]
  readonly tests: readonly string[]
}

const isTest = (file: string) => /\.test\.tsx?$/.test(file)

/** Every file below a folder, absolute and sorted; nothing where the folder is missing. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'dist')
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort()
}

/** `./dist/node/index.js` is compiled from `src/node/index.ts`. */
const sourceOf = (folder: string, output: string) => join(folder, output.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))

function read(id: string): Package {
  const folder = join(root, 'packages', id)
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const code = filesBelow(join(folder, 'src')).filter((file) => /\.tsx?$/.test(file))
  const entries = new Map<string, string>()
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target !== 'string') entries.set(subpath, sourceOf(folder, target.default))
  }
  return { id, folder, manifest, entries, sources: code.filter((file) => !isTest(file)), tests: code.filter(isTest) }
}

export const packages: readonly Package[] = readdirSync(join(root, 'packages'))
  .filter((id) => existsSync(join(root, 'packages', id, 'package.json')))
  .sort()
  .map(read)

/** The ones that are published. */
export const publicPackages = packages.filter((one) => !one.manifest.private)

/** A path as a reader wants to see it. */
export const shown = (file: string) => relative(root, file)
