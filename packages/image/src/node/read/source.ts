import { parseDocument } from '../../documents.js'
import { ImageError } from '../../errors.js'
import { isObject, parseObject } from '../../json.js'
import { listed, listImagesBelow, readImage, selectImage } from '../../read.js'
import type { BlobSource, Descriptor, ImageSource } from '../../types.js'

/** The images behind an `index.json`: what layouts and OCI archives have in common. */
export function indexSource(blobs: BlobSource, indexBytes: Uint8Array, where: string, close: () => void): ImageSource {
  const document = parseDocument(indexBytes, `index.json of ${where}`)
  if (!('index' in document)) throw new ImageError('LAYOUT_INVALID', where, `${where} is no OCI layout: its index.json is no index`)
  const roots: readonly Descriptor[] = document.index.manifests
  return {
    list: async () => listed(await listImagesBelow(blobs, roots)),
    image: async (select = {}) => readImage(blobs, selectImage(await listImagesBelow(blobs, roots), select, where)),
    close,
  }
}

/** Checks the marker file of a layout. @throws ImageError LAYOUT_INVALID */
export function checkLayoutFile(bytes: Uint8Array, where: string): void {
  const layout = parseObject(bytes, `oci-layout of ${where}`)
  if (!isObject(layout) || layout.imageLayoutVersion !== '1.0.0') {
    throw new ImageError(
      'LAYOUT_INVALID',
      where,
      `${where} has the OCI layout version ${JSON.stringify(layout.imageLayoutVersion)}; this library reads 1.0.0`,
    )
  }
}
