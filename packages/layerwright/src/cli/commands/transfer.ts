import { resolve } from 'node:path'
import { parseCopyArguments } from '@layerwright/container'
import { parsePlatform } from '@layerwright/dockerfile'
import { findImage, findImages, type LayerCompression, putImage, type StoredImage, samePlatform, tagImage } from '@layerwright/image'
import { importImage, openImageFile, writeDockerArchive, writeOciArchive } from '@layerwright/image/node'
import { layerSnapshot, writeLayer } from '@layerwright/layer'
import { emptySnapshot, upperChanges } from '@layerwright/vfs'
import { preferring } from '../../stored-images.js'
import { openUserEngine } from '../engine.js'
import { ImageMissingError, UsageError } from '../errors.js'
import { openHostFile } from '../host-file.js'
import { readMirrors } from '../mirrors.js'
import { familiar } from '../names.js'
import { writingTo } from '../output-places.js'
import { openWorkshop, type PlaceFlags, parsePlace } from '../places.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'
import { readingInput, writing, writingFile } from '../tar-output.js'
import { HOST_PLATFORM, levelOf } from './registry.js'

/** `layerwright commit CONTAINER [NAME]`: prints the new image's digest. */
export async function commitCommand(name: string, reference: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { change: string[]; author?: string; message?: string }
  const { engine } = await openUserEngine(flags)
  const container = await engine.containers.get(name)
  console.log(
    await container.commit({
      changes: flags.change,
      ...(reference === undefined ? {} : { reference }),
      ...(flags.author === undefined ? {} : { author: flags.author }),
      ...(flags.message === undefined ? {} : { message: flags.message }),
    }),
  )
}

/** `layerwright export CONTAINER|IMAGE`: its tree as a tar. What has a colon or a slash in it is an image: no name of a container has. */
export async function exportCommand(name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as PlaceFlags & { output?: string }
  readMirrors(flags.mirror, process.env)
  if (/[:/]/.test(name)) return exportImage(name, flags)
  const { engine } = await openUserEngine(flags)
  const container = await engine.containers.get(name)
  await writing(flags.output, (write) => container.export(write))
}

async function exportImage(from: string, flags: PlaceFlags & { output?: string }): Promise<void> {
  const workshop = openWorkshop(flags)
  try {
    const image = await workshop.image(parsePlace(from), flags.platform === undefined ? undefined : parsePlatform(flags.platform))
    const tree = layerSnapshot((await importImage(await workshop.store(), image)).unpacked)
    await writing(flags.output, async (write) => {
      await writeLayer(upperChanges(emptySnapshot(), tree), write, { digests: false })
    })
  } finally {
    workshop.close()
  }
}

/** `layerwright import FILE|- [NAME]`: a tree in a tar as an image of one layer. */
export async function importCommand(file: string, reference: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { change: string[]; message?: string }
  const { engine } = await openUserEngine(flags)
  console.log(
    await engine.images.import(openHostFile(file), {
      changes: flags.change,
      ...(reference === undefined ? {} : { reference }),
      ...(flags.message === undefined ? {} : { message: flags.message }),
    }),
  )
}

/** `layerwright cp CONTAINER:PATH HOSTPATH|-` and the reverse. */
export async function cpCommand(from: string, to: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { archive?: boolean; followLink?: boolean }
  const parsed = parseCopyArguments(from, to)
  const { engine } = await openUserEngine(flags)
  const options = { archive: flags.archive ?? false, followLink: flags.followLink ?? false }
  if (parsed.from.container !== undefined) {
    const container = await engine.containers.get(parsed.from.container)
    if (to === '-') await writing('-', (write) => container.copyArchiveOut(parsed.from.path, write, options))
    else await writingTo(to, () => container.copyOut(parsed.from.path, absolute(to), options))
  } else {
    const container = await engine.containers.get(parsed.to.container ?? '')
    if (from === '-') await container.copyArchiveIn(openHostFile('-'), parsed.to.path, options)
    else await container.copyIn(absolute(from), parsed.to.path, options)
  }
}

/** Absolute, with the trailing `/` or `/.` that `cp` gives a meaning to. */
const absolute = (path: string): string => `${resolve(path)}${/\/\.?$/.exec(path)?.[0] ?? ''}`

/** `layerwright save IMAGE… [-o FILE]`: an archive that `docker load` reads, or with `--format oci` an OCI archive. */
export async function saveCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & {
    output?: string
    format: 'docker' | 'docker-legacy' | 'oci'
    compression?: LayerCompression
    level?: string
  }
  const store = await openUserStore(flags)
  const images = new Map<string, { image: StoredImage; tags: string[] }>()
  for (const name of names) {
    // a docker-archive knows no indexes
    const found = flags.format === 'oci' ? await findImages(store, name) : [await findImage(store, name)].filter((one) => one !== undefined)
    if (found.length === 0) throw new ImageMissingError(name)
    const tags = /^(sha256:)?[0-9a-f]{12,64}$/.test(name) ? [] : [name]
    for (const image of found) images.set(image.digest, { image, tags: [...(images.get(image.digest)?.tags ?? []), ...tags] })
  }
  const saved = [...images.values()]
  if (flags.format === 'oci' && names.length > 1)
    throw new UsageError('one OCI archive takes one image', 'save each image to a file of its own, or all to one with --format docker')
  const packing = { ...(flags.compression ? { compression: flags.compression } : {}), ...levelOf(flags), store }
  await writingFile(flags.output, (file) =>
    flags.format === 'oci'
      ? writeOciArchive(
          file,
          saved.map(({ image }) => image),
          { names: saved[0]?.tags ?? [], ...packing },
        )
      : writeDockerArchive(
          file,
          saved.map(({ image }) => image),
          {
            tagsOf: (_, i) => saved[i]?.tags ?? [],
            legacy: flags.format === 'docker-legacy',
          },
        ),
  )
}

/** `layerwright load [-i FILE]`: the images of an OCI layout, OCI archive or docker-archive, under their names. */
export async function loadCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { input?: string; tag: string[] }
  if (flags.input !== undefined && flags.input !== '-') return loadImages(flags.input, flags)
  if (process.stdin.isTTY) throw new UsageError('there is no file to load', 'name it with -i FILE, or pipe it in')
  return readingInput((file) => loadImages(file, flags))
}

async function loadImages(file: string, flags: GlobalOptions & { tag: string[] }): Promise<void> {
  const store = await openUserStore(flags)
  const source = await openImageFile(file)
  try {
    const named = new Map<string, StoredImage[]>()
    for (const { descriptor, refs, platform } of await source.list()) {
      const image = await importImage(store, await source.image({ digest: descriptor.digest, ...(platform ? { platform } : {}) }))
      const names = [...flags.tag, ...refs.filter((ref) => ref.includes('/') || ref.includes(':'))]
      for (const name of names) {
        const others = (named.get(name) ?? []).filter((one) => !samePlatform(one.platform, image.platform))
        named.set(name, [...others, image])
      }
      if (names.length === 0) {
        await putImage(store, image)
        console.log(`Loaded image ID: ${image.digest}`)
      }
    }
    for (const [name, images] of named)
      console.log(`Loaded image: ${familiar(await tagImage(store, name, preferring(images, HOST_PLATFORM)))}`)
  } finally {
    source.close()
  }
}
