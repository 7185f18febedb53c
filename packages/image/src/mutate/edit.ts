import type { Image, ImageConfig } from '../types.js'
import { remade } from './remake.js'

/** The image with annotations added to its manifest's; undefined takes one away. */
export function annotateImage(image: Image, annotations: Readonly<Record<string, string | undefined>>): Image {
  const all = new Map(Object.entries(image.manifest.annotations ?? {}))
  for (const [name, value] of Object.entries(annotations)) {
    if (value === undefined) all.delete(name)
    else all.set(name, value)
  }
  return remade(image, { annotations: Object.fromEntries(all) })
}

/** The image with another config; its layers stay, and `rootfs` follows them whatever `change` says. */
export function editConfig(image: Image, change: (config: ImageConfig) => Omit<ImageConfig, 'rootfs'>): Image {
  return remade(image, { config: change(image.config) })
}
