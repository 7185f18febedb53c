/** The files of a tree that a walk over a host folder has read. */
import { openSync } from 'node:fs'
import type { Digest } from '@layerwright/digest'
import { fileInode } from '../inode.js'
import { decodeName } from '../names.js'
import type { ListedFiles } from '../tree/listed.js'
import type { Attributes, FileInode } from '../types.js'
import { HostContent, READ_FLAGS } from './host-content.js'
import { join } from './rooted.js'
import type { StatCache } from './stat-cache.js'

/** Keeps the folder's path, which all its files share, and the name: a third of the memory of a path for each. */
export class TreeContent extends HostContent {
  readonly #folder: string | Buffer
  readonly #name: string

  constructor(folder: string | Buffer, name: string, size: number, mtimeMs: number) {
    super(size, mtimeMs)
    this.#folder = folder
    this.#name = name
  }

  get path(): string {
    const path = join(this.#folder, this.#name)
    return typeof path === 'string' ? path : decodeName(path)
  }

  protected open(): number {
    return openSync(join(this.#folder, this.#name), READ_FLAGS)
  }
}

/** A file whose digest is not in the cache yet. */
class UnknownContent extends TreeContent {
  readonly #cache: StatCache
  readonly #slot: number

  constructor(folder: string | Buffer, name: string, size: number, mtimeMs: number, cache: StatCache, slot: number) {
    super(folder, name, size, mtimeMs)
    this.#cache = cache
    this.#slot = slot
  }

  /** Another content of the same file may have been read. */
  override get digest(): Digest | undefined {
    return super.digest ?? this.#cache.digestAt(this.#slot)
  }

  override learned(digest: Digest): void {
    super.learned(digest)
    this.#cache.learn(this.#slot, digest)
  }
}

/** A file that a cache was asked for. */
export function cachedContent(folder: string | Buffer, name: string, cache: StatCache, slot: number): HostContent {
  const { size, mtimeMs } = cache.factsAt(slot)
  const digest = cache.digestAt(slot)
  if (!digest) return new UnknownContent(folder, name, size, mtimeMs, cache, slot)
  const content = new TreeContent(folder, name, size, mtimeMs)
  content.learned(digest)
  return content
}

/** Files of a folder by their slots in a cache. They belong to root and have one time. */
export class CachedFiles implements ListedFiles {
  readonly #folder: string | Buffer
  readonly #cache: StatCache
  #attributes: Attributes

  constructor(folder: string | Buffer, cache: StatCache, mtimeNs: bigint) {
    this.#folder = folder
    this.#cache = cache
    this.#attributes = { mode: 0o644, uid: 0, gid: 0, mtimeNs }
  }

  attributes(slot: number): Attributes {
    const mode = this.#cache.modeAt(slot) & 0o7777
    if (mode !== this.#attributes.mode) this.#attributes = { ...this.#attributes, mode }
    return this.#attributes
  }

  digest(slot: number): Digest | undefined {
    return this.#cache.digestAt(slot)
  }

  unread(slot: number, name: string): HostContent | undefined {
    return this.#cache.knows(slot) ? undefined : cachedContent(this.#folder, name, this.#cache, slot)
  }

  inode(slot: number, name: string): FileInode {
    return fileInode(cachedContent(this.#folder, name, this.#cache, slot), this.attributes(slot))
  }
}
