import { findImage, findImages, type Platform, type StoredImage, samePlatform } from '@layerwright/image'
import type { Store } from '@layerwright/store'

/** The image of a name or digest that a store has: of a name for several platforms the one for this platform; else what there is. */
export async function imageFor(store: Store, reference: string, platform: Platform): Promise<StoredImage | undefined> {
  const first = await findImage(store, reference)
  if (!first || samePlatform(first.platform, platform)) return first
  return (await findImages(store, reference)).find((one) => samePlatform(one.platform, platform)) ?? first
}

/** The images of one name in the order in which it stands for them: where one is wanted, the first. */
export function preferring(images: readonly StoredImage[], platform: Platform | undefined): readonly StoredImage[] {
  const preferred = platform && images.find((one) => samePlatform(one.platform, platform))
  return preferred ? [preferred, ...images.filter((one) => one !== preferred)] : images
}
