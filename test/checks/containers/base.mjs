// @ts-check
/** The image that every Dockerfile of the corpus calls `base`, from its listing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeImage, tagImage } from '@layerwright/image'
import { openImageFile } from '@layerwright/image/node'
import { importLayer, layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, lookup, memoryContent, textContent } from '@layerwright/vfs'
import { EPOCH } from './archives.mjs'

const TIME = BigInt(EPOCH) * 1_000_000_000n

/**
 * @param {string} corpus
 * @returns {(store: import('@layerwright/store').Store) => Promise<void>} puts the image into a store, as `base`
 */
export function baseImage(corpus) {
  const listing = JSON.parse(readFileSync(join(corpus, 'base-tree.json'), 'utf8'))
  /** @type {Promise<import('@layerwright/vfs').LayerChange[]> | undefined} */
  let changes
  return async (store) => {
    changes ??= changesOf(listing, corpus)
    const layer = await storeLayer(store, await changes)
    const history = [
      { created_by: 'the tree that base-tree.json lists' },
      ...Object.keys(listing.config)
        .slice(0, 2)
        .map((key) => ({ created_by: key, empty_layer: true })),
    ]
    const config = { architecture: 'amd64', os: 'linux', config: withoutEmpty(listing.config), history }
    await tagImage(store, 'base', await makeImage({ config, layers: [layer] }))
  }
}

/** @param {Record<string, unknown>} config */
const withoutEmpty = (config) => Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== ''))

/** @param {any} listing @param {string} corpus */
async function changesOf(listing, corpus) {
  const overlay = createOverlay(emptySnapshot(), { now: () => TIME })
  for (const { path, type, mode, uid, gid, size, sha256, target } of listing.entries) {
    const place = `/${path}`
    if (type === 'dir') overlay.mkdir(place)
    else if (type === 'symlink') overlay.symlink(target, place)
    else
      overlay.writeFile(place, path in listing.files ? textContent(listing.files[path]) : await program(corpus, `sha256:${sha256}`, size))
    overlay.chown(place, uid, gid, { nofollow: true })
    if (type !== 'symlink') overlay.chmod(place, Number.parseInt(mode, 8))
  }
  for (const applet of listing.applets) overlay.symlink('busybox', `/bin/${applet}`)
  for (const applet of listing.applets) overlay.utimes(`/bin/${applet}`, TIME, { nofollow: true })
  for (const { path } of listing.entries.toReversed()) overlay.utimes(`/${path}`, TIME, { nofollow: true })
  return overlay.changes()
}

/**
 * The listing has no bytes for the program behind the commands. The conformance corpus beside it has the same one; without that, zeros
 * of its size stand for it: the simulated shell never reads them.
 * @param {string} corpus
 * @param {string} digest
 * @param {number} size
 */
async function program(corpus, digest, size) {
  const archive = join(corpus, '../conformance/images/base.tar')
  if (existsSync(archive)) {
    const source = await openImageFile(archive)
    try {
      const store = memoryStore()
      for (const layer of (await source.image()).layers) {
        const tree = layerSnapshot([await importLayer(store, layer.content)])
        const found = lookup(tree, '/bin/busybox')
        if (found?.type === 'file' && found.content.size === size && found.content.digest === digest) return found.content
      }
    } finally {
      source.close()
    }
  }
  const bytes = new Uint8Array(size)
  bytes.set([0x7f, 0x45, 0x4c, 0x46])
  return memoryContent(bytes)
}
