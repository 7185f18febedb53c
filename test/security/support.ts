/** What the tests of this folder share: a place on the host where nothing but the target may change, and what a test does there. */
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyLayer, importLayer, type Layer, layerSnapshot, type TarEntry, tarTree } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { type Content, isFsError, memoryContent, readAll, type Snapshot, walk } from '@layerwright/vfs'
import { type WriteHostTreeOptions, writeHostTree } from '@layerwright/vfs/node'
import { expect } from 'vitest'
import { listing, type RawMember, rawTar } from '../../packages/layer/test/support.js'

/** What no test may ever get to see: the text of the file that lies outside. */
export const SECRET = 'the host keeps this to itself\n'

/** A folder of the host, made for one test. */
export interface Place {
  readonly root: string
  /** Where the test may write; it does not exist yet. */
  readonly target: string
  /** A folder that is none of the test's business, with the file `secret` and some more. */
  readonly outside: string
  readonly secret: string
}

/**
 * Runs a test in a fresh folder of the host and compares everything around the target before and after: names, types, owners, modes, sizes, link
 * counts, times of change, and times of reading, so that not even a look goes unseen where the host records them.
 */
export async function guarded<T>(work: (place: Place) => T | Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'layerwright-security-'))
  const place = { root, target: join(root, 'target'), outside: join(root, 'outside'), secret: join(root, 'outside/secret') }
  try {
    mkdirSync(join(place.outside, 'folder'), { recursive: true })
    writeFileSync(place.secret, SECRET, { mode: 0o600 })
    writeFileSync(join(place.outside, 'folder/file'), 'file\n')
    symlinkSync('folder', join(place.outside, 'link'))
    // Long ago, and read before it was written: hosts that record reading at all record the next one then.
    for (const file of [place.secret, join(place.outside, 'folder/file')]) utimesSync(file, 1_000_000_000, 1_000_000_001)
    const before = around(root)
    const result = await work(place)
    expect(around(root), 'nothing around the target was touched').toEqual(before)
    expect(readFileSync(place.secret, 'utf8')).toBe(SECRET)
    return result
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Everything around the target, with what shows a change. */
function around(root: string): string[] {
  const lines: string[] = []
  const visit = (path: string, name: string) => {
    const stat = lstatSync(path, { bigint: true })
    lines.push(`${name} ${facts(stat)}`)
    if (!stat.isDirectory()) return
    for (const child of readdirSync(path).sort()) if (name !== '' || child !== 'target') visit(join(path, child), `${name}/${child}`)
  }
  // The root itself gets the target, so its own time and link count change; its other entries do not.
  for (const child of readdirSync(root).sort()) if (child !== 'target') visit(join(root, child), `/${child}`)
  return lines
}

function facts(stat: BigIntStats): string {
  const { ino, mode, uid, gid, size, nlink, mtimeNs, ctimeNs, atimeNs } = stat
  return [ino, mode.toString(8), uid, gid, size, nlink, mtimeNs, ctimeNs, ...(stat.isFile() ? [atimeNs] : [])].join(' ')
}

// Members of hostile archives

export const dir = (name: string): RawMember => ({ name: `${name}/`, type: '5', mode: 0o755 })
export const file = (name: string, data = name): RawMember => ({ name, data })
export const link = (name: string, target: string): RawMember => ({ name, type: '2', link: target, mode: 0o777 })
export const hard = (name: string, target: string): RawMember => ({ name, type: '1', link: target })

/** The archive as bytes by reference. */
export const archive = (...members: RawMember[]): Content => memoryContent(rawTar(...members))

// What a test does with them

/** Takes an archive into a store as a layer, as an import or a pull does. */
export const layer = (...members: RawMember[]): Promise<Layer> => importLayer(memoryStore(), archive(...members))

/** The tree of these layers, lowest first. */
export const treeOf = (...layers: Layer[]): Snapshot => layerSnapshot(layers)

/** Imports archives as layers and writes their tree to a fresh folder of the host. */
export async function extract(
  target: string,
  layers: readonly (readonly RawMember[])[],
  options: WriteHostTreeOptions = {},
): Promise<Snapshot> {
  let tree: Snapshot | undefined
  for (const members of layers) {
    const one = await layer(...members)
    tree = tree ? applyLayer(tree, one) : layerSnapshot([one])
  }
  await writeHostTree(tree!, target, { onUnsupported: () => {}, ...options })
  return tree!
}

/** Paths of a tree. */
export const paths = (tree: Snapshot): string[] => listing(tree).map(({ path }) => String(path))

/** Paths below a host folder, links not followed; nothing where there is no such folder. */
export function hostPaths(folder: string, prefix = ''): string[] {
  let names: string[]
  try {
    names = readdirSync(folder).sort()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return []
    throw error
  }
  return names.flatMap((name) => {
    const path = join(folder, name)
    // What is removed meanwhile has nothing below it.
    return [prefix + name, ...(lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? hostPaths(path, `${prefix}${name}/`) : [])]
  })
}

/** The code of what a work ends with, `ok` when it ends well; an error without a code fails the test. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    const code = isFsError(error) ? error.code : error instanceof Error && 'code' in error ? error.code : undefined
    if (typeof code !== 'string') throw error
    return code
  }
}

/** Text of a file of a tree, by its path without links. */
export async function textIn(tree: Snapshot, path: string): Promise<string | undefined> {
  for (const entry of walk(tree))
    if (entry.path === path && entry.inode.type === 'file') return new TextDecoder().decode(await readAll(entry.inode.content))
  return undefined
}

/** The tree that an archive unpacks to, as ADD and `cp` take it. */
export const archiveTree = (entries: readonly TarEntry[], climbing: 'clamp' | 'refuse' = 'refuse'): Snapshot =>
  tarTree(entries, { climbing })
