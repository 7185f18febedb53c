// @ts-check
/** `save` and `load`: images into a docker-archive and back. */
import { join } from 'node:path'
import { NoSuchImageError } from '@layerwright/container'
import { findImage, parseReference, tagImage } from '@layerwright/image'
import { importImage, openImageFile, writeDockerArchive } from '@layerwright/image/node'

/** @typedef {import('./world.mjs').World} World */

/** One archive after the other: a `load` reads what the latest `save` wrote. @param {World} world */
const archiveOf = (world) => join(world.folder, 'saved.tar')

/** @param {World} world @param {any} step */
export async function save(world, { image, images }) {
  /** @type {string[]} */
  const names = [images ?? image].flat()
  /** @type {{ name: string, image: import('@layerwright/image').StoredImage }[]} */
  const found = []
  for (const name of names) {
    const one = await findImage(world.store, name)
    if (!one) throw new NoSuchImageError(name)
    found.push({ name: parseReference(name).familiar, image: one })
  }
  const distinct = [...new Map(found.map((each) => [each.image.digest, each.image])).values()]
  await writeDockerArchive(archiveOf(world), distinct, {
    tags: found.filter((each) => each.image.digest === distinct[0]?.digest).map(({ name }) => name),
  })
  const tagsOf = (/** @type {string} */ digest) => found.filter((each) => each.image.digest === digest).map(({ name }) => name)
  return { exit: 0, manifest: distinct.map(({ digest, layers }) => ({ repoTags: tagsOf(digest), layers: layers.length })) }
}

/** @param {World} world */
export async function load(world) {
  const source = await openImageFile(archiveOf(world))
  try {
    const loaded = []
    for (const { descriptor, refs } of await source.list()) {
      const image = await importImage(world.store, await source.image({ digest: descriptor.digest }))
      for (const ref of refs) {
        await tagImage(world.store, ref, image)
        loaded.push(parseReference(ref).familiar)
      }
    }
    return { exit: 0, loaded: loaded.sort() }
  } finally {
    source.close()
  }
}
