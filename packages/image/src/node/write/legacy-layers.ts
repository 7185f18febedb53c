import { type Digest, hexOf, sha256 } from '@layerwright/digest'
import { canonicalJson } from '../../json.js'
import type { Image } from '../../types.js'

/** A layer as Docker before 1.10 knows it. */
export interface LegacyLayer {
  readonly id: string
  readonly diffId: Digest
  readonly json: Uint8Array
}

/** The date of what has none: old readers want one. */
const NO_DATE = '1970-01-01T00:00:00Z'

/**
 * The layers of an image in the form of old: each names its parent and says what made it, the top one has the image's configuration. Ids are made of everything below and of what
 * is said, so that the same image has the same ids everywhere.
 */
export function legacyLayers(image: Image): LegacyLayer[] {
  const { rootfs: _, history = [], ...config } = image.config
  const made = history.filter(({ empty_layer }) => !empty_layer)
  let parent: string | undefined
  return image.layers.map(({ diffId }, i) => {
    const line = made[i]
    const said = {
      ...(i === image.layers.length - 1 ? config : { os: config.os, architecture: config.architecture }),
      created: line?.created ?? config.created ?? NO_DATE,
      ...(line?.author === undefined ? {} : { author: line.author }),
      ...(line?.comment === undefined ? {} : { comment: line.comment }),
      container_config: { Cmd: line?.created_by === undefined ? null : [line.created_by] },
      ...(parent === undefined ? {} : { parent }),
    }
    const id = hexOf(sha256(canonicalJson({ said, diffId })))
    parent = id
    return { id, diffId, json: canonicalJson({ ...said, id }) }
  })
}
