import { hexOf } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { ImageError } from '../../errors.js'
import { parseReference } from '../../reference.js'
import type { Image } from '../../types.js'
import { verifiedForWriting } from '../../verify.js'
import { scratchBeside } from '../files.js'
import { plainLayer, scratch } from './compressed.js'
import { legacyLayers } from './legacy-layers.js'
import { writeTar } from './tar.js'

export interface DockerArchiveOptions {
  /** Names that the image (the first one, if there are several) gets when it is loaded. */
  readonly tags?: readonly string[]
  /** In the place of `tags`: the names of each image. */
  readonly tagsOf?: (image: Image, index: number) => readonly string[]
  /** Also for what reads the form of before Docker 1.10: a folder for each layer, with its parent's name. Default false. */
  readonly legacy?: boolean
}

/**
 * Writes images as `docker load` reads them: `manifest.json`, a config and a plain tar for each layer; with `legacy` in such a way that old readers understand it, too.
 * The file appears when it is complete.
 * @throws InvalidReferenceError; ImageError IMAGE_AMBIGUOUS for a tag with a digest
 */
export async function writeDockerArchive(file: string, images: readonly Image[], options: DockerArchiveOptions = {}): Promise<void> {
  const folder = scratchBeside(file)
  const files = scratch(folder.path)
  const encoder = new TextEncoder()
  try {
    const contents = new Map<string, Content | Uint8Array>()
    const manifest: { Config: string; RepoTags: string[] | null; Layers: string[] }[] = []
    const repositories = new Map<string, Record<string, string>>()
    for (const [i, image] of images.entries()) {
      const tags = (options.tagsOf?.(image, i) ?? (i === 0 ? (options.tags ?? []) : [])).map(tagOf)
      const layers: string[] = []
      const old = options.legacy ? legacyLayers(image) : []
      for (const [at, layer] of image.layers.entries()) {
        const path = old[at] ? `${old[at].id}/layer.tar` : `${hexOf(layer.diffId)}.tar`
        if (!contents.has(path)) {
          const content = await plainLayer(layer, files)
          contents.set(path, verifiedForWriting(content, { digest: layer.diffId, size: content.size }))
        }
        layers.push(path)
      }
      for (const { id, json } of old) {
        contents.set(`${id}/VERSION`, encoder.encode('1.0'))
        contents.set(`${id}/json`, json)
      }
      const config = `${hexOf(image.manifest.config.digest)}.json`
      contents.set(config, image.configBytes)
      manifest.push({ Config: config, RepoTags: tags.length > 0 ? tags.map(({ name, tag }) => `${name}:${tag}`) : null, Layers: layers })
      const top = old.at(-1)
      if (top) for (const { name, tag } of tags) repositories.set(name, { ...repositories.get(name), [tag]: top.id })
    }
    contents.set('manifest.json', encoder.encode(JSON.stringify(manifest)))
    if (repositories.size > 0) contents.set('repositories', encoder.encode(JSON.stringify(Object.fromEntries(repositories))))
    await writeTar(file, contents)
  } finally {
    files.drop()
    folder.drop()
  }
}

function tagOf(text: string): { name: string; tag: string } {
  const reference = parseReference(text)
  if (reference.tag === undefined)
    throw new ImageError('IMAGE_AMBIGUOUS', text, `${text} has a digest and no tag: a docker-archive holds tags only`)
  return { name: reference.familiar.slice(0, reference.familiar.length - reference.tag.length - 1), tag: reference.tag }
}
