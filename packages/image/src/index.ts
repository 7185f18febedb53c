export { type ImageEntries, imageCacheEntries } from './cache-entries.js'
export { parseConfig, parseDocument } from './documents.js'
export { ImageError, type ImageErrorCode, InvalidReferenceError } from './errors.js'
export {
  type Compress,
  type Compressors,
  type FormOptions,
  LAYER_FORM_KIND,
  type LayerCompression,
  type LayerForm,
  layerForms,
} from './forms.js'
export { type ImportImageOptions, importImage } from './import.js'
export { canonicalJson } from './json.js'
export { imageLimits } from './limits.js'
export { type MakeImageOptions, makeImage } from './make.js'
export { ANNOTATION, MEDIA } from './media-types.js'
export { appendLayers, imageLayer } from './mutate/append.js'
export { annotateImage, editConfig } from './mutate/edit.js'
export { flattenImage } from './mutate/flatten.js'
export { type RebaseOptions, rebaseImage } from './mutate/rebase.js'
export { setTimes, type TimesOptions } from './mutate/times.js'
export { platformText, samePlatform } from './platform.js'
export { type FoundImage, listImagesBelow, readImage, selectImage } from './read.js'
export {
  findImage,
  findImages,
  IMAGE_KIND,
  type ImageSummary,
  imageBlobs,
  listImages,
  loadImage,
  putImage,
  removeImage,
  resolveImage,
  TAG_KIND,
  tagImage,
  untag,
} from './records.js'
export { parseReference, type Reference } from './reference.js'
export type {
  BlobSource,
  Descriptor,
  HistoryEntry,
  Image,
  ImageConfig,
  ImageFault,
  ImageIndex,
  ImageLayer,
  ImageSelector,
  ImageSource,
  ListedImage,
  Manifest,
  Platform,
  StoredImage,
} from './types.js'
export { type ValidateOptions, validateBlobs, validateImage } from './validate/validate.js'
