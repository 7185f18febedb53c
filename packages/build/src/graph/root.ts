import { type Digest, sha256 } from '@layerwright/digest'
import { hasPrograms } from '@layerwright/executor'
import type { StoredImage } from '@layerwright/image'
import { applyLayer, type Layer, openLayer, openLayerLazily, storeLayer } from '@layerwright/layer'
import type { Blob, Store } from '@layerwright/store'
import { emptySnapshot, type Snapshot, treeDigest, upperChanges } from '@layerwright/vfs'

/**
 * A frozen root file system with the layers it is made of. Its tree is built only when somebody looks into it: a build whose steps are all
 * cached passes digests on and never reads a layer's index.
 */
export interface Root {
  diffIds(): Promise<readonly Digest[]>
  /** For each layer that this build made or reused from its cache (not the base image's): did a simulated shell make it? */
  readonly simulated: readonly boolean[]
  /** True for `FROM scratch` before its first layer. */
  readonly empty: boolean
  /** Its last layer was made in this build, not found: a key that rests on it is hardly ever known. */
  readonly fresh: boolean
  /** Merkle digest of the tree, times included. */
  digest(): Promise<Digest>
  /** What it was made by: the key and the layer of each step on the way, and what they began with. Same chain, same tree; not the other way round. */
  chain(): Promise<Digest>
  snapshot(): Promise<Snapshot>
  layers(): Promise<readonly Layer[]>
  /** For explanations: the step that made it, or the base that it is. */
  readonly origin: Origin
}

export type Origin =
  | { readonly kind: 'step'; readonly key: Digest; readonly instruction: string; readonly diffId: Digest; readonly parent: Root }
  /** `scratch`, a folder's name, or an image's name and digest. */
  | { readonly kind: 'base'; readonly name: string; readonly digest?: Digest }

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let value: Promise<T> | undefined
  return () => {
    value ??= make()
    return value
  }
}

/** `FROM scratch`. */
export function scratchRoot(): Root {
  const empty = emptySnapshot()
  return {
    diffIds: async () => [],
    simulated: [],
    empty: true,
    fresh: false,
    digest: once(() => treeDigest(empty, 'exact')),
    chain: async () => sha256('scratch'),
    snapshot: async () => empty,
    layers: async () => [],
    origin: { kind: 'base', name: 'scratch' },
  }
}

/** The layers of a root, hashed → whether its shell is a program. */
export const ROOT_PROGRAMS = 'root-programs'

/** Whether a kernel could run the programs of a root; looked at once per chain of layers and remembered. */
export async function rootHasPrograms(store: Store, root: Root): Promise<boolean> {
  const diffIds = await diffIdsOf(root)
  if (!diffIds) return hasPrograms(await root.snapshot())
  const chain = sha256(diffIds.join('\n'))
  const known = await store.record(ROOT_PROGRAMS, chain)
  if (known) {
    await store.touch(ROOT_PROGRAMS, chain)
    return new TextDecoder().decode(known) === 'yes'
  }
  const programs = await hasPrograms(await root.snapshot())
  await store.putRecord(ROOT_PROGRAMS, chain, new TextEncoder().encode(programs ? 'yes' : 'no'))
  return programs
}

/** Undefined for a root that is only foreseen and has no layers. */
async function diffIdsOf(root: Root): Promise<readonly Digest[] | undefined> {
  try {
    return await root.diffIds()
  } catch (error) {
    if (error instanceof LostLayerError) return undefined
    throw error
  }
}

/** The layers of an image, hashed → Merkle digest of their tree. */
export const ROOT_DIGEST = 'root-digest'

/** The root of an image in the store. Its digest is computed once per chain of layers and remembered. */
export function imageRoot(store: Store, image: StoredImage, name: string): Root {
  const diffIds = image.unpacked.map(({ diffId }) => diffId)
  const snapshot = once(async () => image.unpacked.reduce<Snapshot>((lower, layer) => applyLayer(lower, layer), emptySnapshot()))
  const digest = once(async () => {
    const chain = sha256(diffIds.join('\n'))
    const known = await store.record(ROOT_DIGEST, chain)
    if (known) {
      await store.touch(ROOT_DIGEST, chain)
      return new TextDecoder().decode(known) as Digest
    }
    const made = await treeDigest(await snapshot(), 'exact')
    await store.putRecord(ROOT_DIGEST, chain, new TextEncoder().encode(made))
    return made
  })
  return {
    diffIds: async () => diffIds,
    simulated: [],
    empty: diffIds.length === 0,
    fresh: false,
    digest,
    chain: async () => sha256(diffIds.join('\n')),
    snapshot,
    layers: async () => image.unpacked,
    origin: { kind: 'base', name, digest: image.digest },
  }
}

/** A folder as a base: one layer, made when somebody needs it as such. */
export function folderRoot(store: Store, tree: Snapshot, name: string): Root {
  const layer = once(() => storeLayer(store, upperChanges(emptySnapshot(), tree)))
  return {
    diffIds: async () => [(await layer()).diffId],
    simulated: [],
    empty: false,
    fresh: false,
    digest: once(() => treeDigest(tree, 'exact')),
    chain: once(() => treeDigest(tree, 'exact')),
    snapshot: async () => tree,
    layers: async () => [await layer()],
    origin: { kind: 'base', name },
  }
}

/** A step's result: the layer it made over its parent. */
export interface Delta {
  /** Of the step that made it. */
  readonly key: Digest
  readonly instruction: string
  readonly diffId: Digest
  readonly simulated: boolean
  /** Merkle digest of the tree behind the step. */
  readonly digest: Digest
}

/** A layer that was made just now, and the tree that it gives. */
export interface Made {
  readonly layer: Layer
  readonly snapshot: Snapshot
}

/**
 * What a step leaves: its parent with one layer on top.
 * @param at the layer, as far as it is at hand: made, or found
 */
export const deltaRoot = (store: Store, parent: Root, delta: Delta, at?: Made | Blob): Root => new DeltaRoot(store, parent, delta, at)

/** Whatever asks for all that lies below walks the chain and does not call down it: thousands of steps are no deep stack. */
class DeltaRoot implements Root {
  readonly empty = false
  readonly fresh: boolean
  readonly origin: Origin
  readonly #store: Store
  readonly #parent: Root
  readonly #delta: Delta
  readonly #found: Blob | undefined
  #snapshot: Promise<Snapshot> | undefined
  #layer: Promise<Layer> | undefined

  constructor(store: Store, parent: Root, delta: Delta, at: Made | Blob | undefined) {
    const made = at && 'snapshot' in at ? at : undefined
    const { key, instruction, diffId } = delta
    this.fresh = made !== undefined
    this.origin = { kind: 'step', key, instruction, diffId, parent }
    this.#store = store
    this.#parent = parent
    this.#delta = delta
    if (made) {
      this.#snapshot = Promise.resolve(made.snapshot)
      this.#layer = Promise.resolve(made.layer)
    } else this.#found = at as Blob | undefined
  }

  get simulated(): readonly boolean[] {
    const { base, deltas } = this.#chain()
    return [...base.simulated, ...deltas.map((root) => root.#delta.simulated)]
  }

  async digest(): Promise<Digest> {
    return this.#delta.digest
  }

  async chain(): Promise<Digest> {
    const { key, diffId } = this.#delta
    // The layer too: a step that ran again under the same key may have made another.
    return sha256(`${key} ${diffId}`)
  }

  async diffIds(): Promise<readonly Digest[]> {
    const { base, deltas } = this.#chain()
    return [...(await base.diffIds()), ...deltas.map((root) => root.#delta.diffId)]
  }

  async layers(): Promise<readonly Layer[]> {
    const { base, deltas } = this.#chain()
    const layers = [...(await base.layers())]
    for (const root of deltas) layers.push(await root.#passOn())
    return layers
  }

  snapshot(): Promise<Snapshot> {
    if (this.#snapshot) return this.#snapshot
    const pending: DeltaRoot[] = []
    let below: Root = this
    for (; below instanceof DeltaRoot && !below.#snapshot; below = below.#parent) pending.push(below)
    let tree = below.snapshot()
    for (const root of pending.reverse()) tree = root.#snapshot = root.#over(tree)
    return tree
  }

  async #over(lower: Promise<Snapshot>): Promise<Snapshot> {
    return applyLayer(await lower, await openExisting(this.#store, this.#delta.diffId))
  }

  /** An image only names its layers: a build whose steps are all cached reads the index of none. */
  #passOn(): Promise<Layer> {
    this.#layer ??= (async () => {
      const { diffId } = this.#delta
      const blob = this.#found ?? (await this.#store.blob(diffId))
      const layer = blob && (await openLayerLazily(this.#store, blob))
      if (!layer) throw new LostLayerError(diffId)
      return layer
    })()
    return this.#layer
  }

  /** The deltas, lowest first, and what they lie on. */
  #chain(): { readonly base: Root; readonly deltas: readonly DeltaRoot[] } {
    const deltas: DeltaRoot[] = []
    let base: Root = this
    for (; base instanceof DeltaRoot; base = base.#parent) deltas.push(base)
    return { base, deltas: deltas.reverse() }
  }
}

/** What a step would leave: a tree without a layer. Only for looking ahead: no image can be made of it. */
export function foreseenRoot(parent: Root, key: Digest, instruction: string, snapshot: Snapshot): Root {
  const digest = once(() => treeDigest(snapshot, 'exact'))
  const unmade = (): never => {
    throw new LostLayerError(key) // nobody who looks ahead asks
  }
  return {
    diffIds: unmade,
    simulated: [],
    empty: false,
    fresh: false,
    digest,
    chain: async () => sha256(`foreseen ${key} ${await digest()}`),
    snapshot: async () => snapshot,
    layers: unmade,
    origin: { kind: 'step', key, instruction, diffId: key, parent },
  }
}

/** @throws LostLayerError */
export async function openExisting(store: Store, diffId: Digest): Promise<Layer> {
  const layer = await openLayer(store, diffId)
  if (!layer) throw new LostLayerError(diffId)
  return layer
}

/** A cached layer was removed while a build was using it. */
export class LostLayerError extends Error {
  override readonly name = 'LostLayerError'
  readonly code = 'LAYER_LOST'
  readonly diffId: Digest
  constructor(diffId: Digest) {
    super(`layer ${diffId} was removed from the store while the build was using it: build again, and don't prune during builds`)
    this.diffId = diffId
  }
}
