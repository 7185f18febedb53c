/** Where images of the command line come from and go to: registries, the store, layouts and archives, in the words that other tools have for them. */
import { existsSync } from 'node:fs'
import {
  findImages,
  type Image,
  type ImageFault,
  type ImageSelector,
  type LayerCompression,
  type Platform,
  parseReference,
  samePlatform,
  tagImage,
  validateBlobs,
} from '@layerwright/image'
import {
  importImage,
  openImageFile,
  validateImage,
  validateImageFile,
  writeDockerArchive,
  writeLayout,
  writeOciArchive,
} from '@layerwright/image/node'
import { decompress } from '@layerwright/layer/node'
import { openRegistryImage, repositorySource } from '@layerwright/registry'
import { pushImage } from '@layerwright/registry/node'
import { ImageMissingError, UsageError } from './errors.js'
import { readMirrors } from './mirrors.js'
import { openClient, type RegistryFlags } from './registry.js'
import { type GlobalOptions, openUserStore, type UserStore } from './store.js'

const KINDS = ['registry', 'store', 'oci', 'oci-archive', 'docker-archive'] as const

/** A place, and a name in it where there can be several images. */
export interface Place {
  readonly kind: (typeof KINDS)[number]
  /** A reference, a name in the store, or a path. */
  readonly path: string
  /** Tag in a layout or name in an archive. */
  readonly ref: string | undefined
}

/**
 * `docker://REFERENCE`, `store:NAME`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]`; anything else is the reference of an image in its registry.
 * @throws UsageError, InvalidReferenceError
 */
export function parsePlace(text: string): Place {
  const [, word = 'docker', rest = text] =
    /^(docker|store|oci|oci-layout|oci-archive|docker-archive):(?:\/\/(?!\/))?(.*)$/s.exec(text) ?? []
  if (word === 'docker') return { kind: 'registry', path: parseReference(rest).full, ref: undefined }
  if (rest === '')
    throw new UsageError(`${text}: there is nothing behind ${word}:`, 'write oci:DIR, oci-archive:FILE, docker-archive:FILE or store:NAME')
  if (word === 'store') return { kind: 'store', path: rest, ref: undefined }
  const kind = word === 'oci-layout' ? 'oci' : KINDS.find((known) => known === word)!
  // a path that is there is a path, whatever colons are in it
  const at = existsSync(rest) ? -1 : rest.indexOf(':', rest.lastIndexOf('/') + 1)
  const cut = at < 0 && kind === 'docker-archive' && !existsSync(rest) ? rest.indexOf(':') : at
  return cut < 0 ? { kind, path: rest, ref: undefined } : { kind, path: rest.slice(0, cut), ref: rest.slice(cut + 1) }
}

export type PlaceFlags = GlobalOptions & RegistryFlags & { readonly platform?: string }

/** What commands on places share: the store and the client are opened when one is needed. */
export interface Workshop {
  store(): Promise<UserStore>
  /** One image, of one platform. @throws ImageMissingError, ImageError, RegistryError */
  image(place: Place, platform?: Platform): Promise<Image>
  /** All images of a place: those of an index. */
  images(place: Place): Promise<readonly Image[]>
  /** Gives the digest that the place knows them by now. */
  write(place: Place, images: readonly Image[], options?: WriteOptions): Promise<string>
  /** Everything that is wrong there. */
  validate(place: Place, platform?: Platform): Promise<readonly ImageFault[]>
  close(): void
}

export interface WriteOptions {
  readonly compression?: LayerCompression
  readonly level?: number
  readonly mediaTypes?: 'docker'
  readonly mountFrom?: readonly string[]
  readonly indexAnnotations?: Readonly<Record<string, string>>
}

/** `given`: a store that is open already. */
export function openWorkshop(flags: PlaceFlags, given?: UserStore): Workshop {
  // said at once, also where no registry is asked in the end
  readMirrors(flags.mirror, process.env)
  const open: { close(): void }[] = []
  let opened = given && Promise.resolve(given)
  let connected: ReturnType<typeof openClient> | undefined
  const store = () => {
    opened ??= openUserStore(flags)
    return opened
  }
  const client = () => {
    connected ??= openClient(flags)
    return connected
  }

  async function source({ kind, path }: Place) {
    const found = kind === 'registry' ? await openRegistryImage(path, client()) : await openImageFile(path)
    open.push(found)
    return found
  }
  const selector = ({ kind, path, ref }: Place, platform?: Platform): ImageSelector => {
    const digest = kind === 'registry' ? parseReference(path).digest : undefined
    return { ...(ref === undefined ? {} : { ref }), ...(platform ? { platform } : {}), ...(digest ? { digest } : {}) }
  }

  const workshop: Workshop = {
    store,
    async image(place, platform) {
      if (place.kind !== 'store') return (await source(place)).image(selector(place, platform))
      const images = await findImages(await store(), place.path)
      const found = platform ? images.find((one) => samePlatform(one.platform, platform)) : images[0]
      if (!found) throw new ImageMissingError(place.path)
      return found
    },
    async images(place) {
      if (place.kind === 'store') {
        const images = await findImages(await store(), place.path)
        if (images.length === 0) throw new ImageMissingError(place.path)
        return images
      }
      const from = await source(place)
      const listed = (await from.list()).filter(({ refs }) => place.ref === undefined || refs.includes(place.ref))
      if (listed.length === 0) throw new ImageMissingError(`${place.path}${place.ref === undefined ? '' : `:${place.ref}`}`)
      return Promise.all(
        listed.map(({ descriptor, platform }) => from.image({ digest: descriptor.digest, ...(platform ? { platform } : {}) })),
      )
    },
    async write({ kind, path, ref }, images, options = {}) {
      const { compression, level } = options
      const packing = { ...(compression === undefined ? {} : { compression }), ...(level === undefined ? {} : { level }) }
      if (kind === 'store') {
        const target = await store()
        const stored = []
        for (const image of images) stored.push(await importImage(target, image))
        await tagImage(target, path, stored)
        return stored[0]!.digest
      }
      if (kind === 'registry') {
        const { mediaTypes, mountFrom } = options
        const pushed = await pushImage(path, images, {
          client: client(),
          store: await store(),
          ...packing,
          ...(mediaTypes ? { mediaTypes } : {}),
          ...(mountFrom ? { mountFrom } : {}),
          ...(options.indexAnnotations ? { indexAnnotations: options.indexAnnotations } : {}),
        })
        return pushed.descriptor.digest
      }
      if (kind === 'docker-archive') await writeDockerArchive(path, images, ref === undefined ? {} : { tags: [ref] })
      else {
        const named = ref === undefined ? {} : ref.includes('/') || ref.includes(':') ? { names: [ref] } : { refs: [ref] }
        const more = options.indexAnnotations ? { indexAnnotations: options.indexAnnotations } : {}
        const write = kind === 'oci' ? writeLayout : writeOciArchive
        await write(path, images, { ...named, ...packing, ...more, store: await store() })
      }
      return images[0]!.digest
    },
    async validate(place, platform) {
      // an image of one platform has been read by then, and what can't be read is told as an error
      if (platform || place.kind === 'store') return validateImage(await workshop.image(place, platform))
      if (place.kind !== 'registry') return validateImageFile(place.path)
      const repository = client().repository(place.path)
      const { digest, tag } = parseReference(place.path)
      const top = await repository.manifests.get(digest ?? tag ?? 'latest')
      return validateBlobs(repositorySource(repository, [top]), top.descriptor, { decompress })
    },
    close() {
      for (const one of open) one.close()
    },
  }
  return workshop
}
