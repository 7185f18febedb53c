import { applyConfigChanges } from '@layerwright/container'
import { parsePlatform } from '@layerwright/dockerfile'
import {
  annotateImage,
  appendLayers,
  editConfig,
  flattenImage,
  type Image,
  type ImageConfig,
  rebaseImage,
  setTimes,
} from '@layerwright/image'
import { importImage } from '@layerwright/image/node'
import { importLayer } from '@layerwright/layer/node'
import { UsageError } from '../errors.js'
import { openHostFile } from '../host-file.js'
import { openWorkshop, type PlaceFlags, parsePlace, type Workshop } from '../places.js'
import { refuseSimulated } from '../simulated.js'
import { parseAssignments } from '../specs.js'
import type { CommandLike } from '../store.js'
import { levelOf } from './registry.js'

interface MutateFlags extends PlaceFlags {
  readonly to: string
  readonly compression?: 'none' | 'gzip' | 'zstd'
  readonly level?: string
  readonly allowSimulated?: boolean
}

/** Reads an image, changes it, and writes it to where `--to` says. Prints the digest that it has there. */
async function changing<Flags extends MutateFlags>(
  from: string,
  command: CommandLike,
  change: (image: Image, workshop: Workshop, flags: Flags) => Promise<Image> | Image,
): Promise<void> {
  const flags = command.optsWithGlobals() as Flags
  const target = parsePlace(flags.to)
  const workshop = openWorkshop(flags)
  try {
    const image = await workshop.image(parsePlace(from), flags.platform === undefined ? undefined : parsePlatform(flags.platform))
    const changed = await change(image, workshop, flags)
    if (target.kind === 'registry') refuseSimulated(flags.to, [changed], flags.allowSimulated)
    const { compression } = flags
    console.log(await workshop.write(target, [changed], { ...(compression ? { compression } : {}), ...levelOf(flags) }))
  } finally {
    workshop.close()
  }
}

/** `layerwright append IMAGE -f LAYER.tar… --to PLACE` */
export const appendCommand = (from: string, _flags: unknown, command: CommandLike): Promise<void> =>
  changing<MutateFlags & { readonly file: string[] }>(from, command, async (image, workshop, { file }) => {
    if (file.length === 0) throw new UsageError('there is no layer to append', 'name a tar with -f FILE; repeatable')
    const store = await workshop.store()
    const layers = []
    for (const path of file) layers.push(await importLayer(store, openHostFile(path)))
    return appendLayers(
      image,
      layers,
      file.map((path) => ({ created_by: `append ${path}` })),
    )
  })

/** `layerwright flatten IMAGE --to PLACE` */
export const flattenCommand = (from: string, _flags: unknown, command: CommandLike): Promise<void> =>
  changing<MutateFlags & { readonly keep: string }>(from, command, async (image, workshop, { keep }) => {
    const store = await workshop.store()
    return flattenImage(await importImage(store, image), store, { keep: Number(keep) })
  })

/** `layerwright rebase IMAGE --old-base PLACE --new-base PLACE --to PLACE` */
export const rebaseCommand = (from: string, _flags: unknown, command: CommandLike): Promise<void> =>
  changing<MutateFlags & { readonly oldBase: string; readonly newBase: string }>(from, command, async (image, workshop, flags) => {
    const [oldBase, newBase] = [parsePlace(flags.oldBase), parsePlace(flags.newBase)]
    return rebaseImage(image, {
      oldBase: await workshop.image(oldBase, image.platform),
      newBase: await workshop.image(newBase, image.platform),
      ...(newBase.kind === 'registry' || newBase.kind === 'store' ? { baseName: newBase.path } : {}),
    })
  })

interface EditFlags extends MutateFlags {
  readonly change: string[]
  readonly annotation: string[]
  readonly setPlatform?: string
  readonly author?: string
  readonly time?: string
  readonly clamp?: boolean
}

/** `layerwright mutate IMAGE --change INSTRUCTION… --annotation NAME=VALUE… --time DATE --to PLACE` */
export const mutateCommand = (from: string, _flags: unknown, command: CommandLike): Promise<void> =>
  changing<EditFlags>(from, command, async (image, workshop, flags) => {
    const platform = flags.setPlatform === undefined ? undefined : parsePlatform(flags.setPlatform)
    const config = await applyConfigChanges(image.config.config ?? {}, flags.change, image.config)
    let changed = editConfig(
      image,
      ({ variant: _, ...before }): ImageConfig => ({
        ...before,
        ...(platform ?? image.platform),
        ...(Object.keys(config).length > 0 ? { config: { ...config } } : {}),
        ...(flags.author === undefined ? {} : { author: flags.author }),
      }),
    )
    const annotations = Object.fromEntries(parseAssignments('annotation', flags.annotation))
    if (flags.annotation.length > 0) changed = annotateImage(changed, annotations)
    if (flags.time === undefined) return changed
    const store = await workshop.store()
    return setTimes(await importImage(store, changed), store, { seconds: secondsOf(flags.time), clamp: flags.clamp ?? false })
  })

/** Seconds since 1970, or a date. @throws UsageError */
function secondsOf(text: string): number {
  const seconds = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isSafeInteger(Math.trunc(seconds))) return Math.trunc(seconds)
  throw new UsageError(`--time ${text}: no date`, 'write seconds since 1970, or a date such as 2024-05-01T00:00:00Z')
}
