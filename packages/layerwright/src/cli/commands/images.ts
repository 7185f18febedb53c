import { type ImageSummary, listImages } from '@layerwright/image'
import { ago } from '../ago.js'
import { each } from '../each.js'
import { openUserEngine } from '../engine.js'
import { listPrinter } from '../format.js'
import { pickImages } from '../image-filters.js'
import { familiar } from '../names.js'
import { printJson, table } from '../output.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'
import { humanBytes, shortDigest } from '../words.js'

interface ImagesFlags extends GlobalOptions {
  readonly filter: string[]
  readonly format?: string
  readonly json?: boolean
  readonly quiet?: boolean
  /** commander's name for --no-trunc */
  readonly trunc: boolean
}

/** What `images --format` can name, and its heading. */
const FIELDS = {
  ...{ ID: 'DIGEST', Repository: 'REPOSITORY', Tag: 'TAG', Digest: 'DIGEST', CreatedAt: 'CREATED AT', CreatedSince: 'CREATED' },
  ...{ Platform: 'PLATFORM', Size: 'SIZE' },
}

/** `layerwright images [REPOSITORY[:TAG]]` */
export async function imagesCommand(pattern: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as ImagesFlags
  const print = listPrinter(flags.format, FIELDS)
  const images = pickImages(await listImages(await openUserStore(flags)), flags.filter, pattern)
  if (flags.json)
    return printJson(
      images.map(({ digest, refs, size, config }) => ({
        digest,
        refs: refs.map(familiar),
        size,
        created: config.created,
        os: config.os,
        architecture: config.architecture,
      })),
    )
  if (flags.quiet) {
    for (const { digest } of images) console.log(digest)
    return
  }
  const idOf = (digest: string) => (flags.trunc ? shortDigest(digest) : digest)
  if (print) return void process.stdout.write(print(images.flatMap((image) => fieldsOf(image, idOf(image.digest)))))
  const rows = images.flatMap(({ digest, refs, size, config }) =>
    (refs.length > 0 ? refs.map(familiar) : [NONE]).map((name) => [
      name,
      idOf(digest),
      `${config.os}/${config.architecture}`,
      String(config.rootfs.diff_ids.length),
      humanBytes(size),
    ]),
  )
  console.log(table(['IMAGE', 'DIGEST', 'PLATFORM', 'LAYERS', 'SIZE'], rows, ['left', 'left', 'left', 'right', 'right']))
}

const NONE = '<none>'

/** One line for each name. */
function fieldsOf({ digest, refs, size, config }: ImageSummary, id: string): Record<keyof typeof FIELDS, string>[] {
  return (refs.length > 0 ? refs.map(familiar) : [`${NONE}:${NONE}`]).map((name) => {
    const colon = name.lastIndexOf(':')
    return {
      ID: id,
      Repository: name.slice(0, colon),
      Tag: name.slice(colon + 1),
      Digest: digest,
      CreatedAt: config.created ?? '',
      CreatedSince: ago(config.created),
      Platform: `${config.os}/${config.architecture}`,
      Size: humanBytes(size),
    }
  })
}

/** `layerwright image prune`: removes images without a name, or with `--all` all that no container uses. Prints what has gone. */
export async function imagePruneCommand(_flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { all?: boolean; filter: string[] }
  const { engine } = await openUserEngine(flags)
  const used = new Set((await engine.containers.list()).map(({ imageDigest }) => imageDigest))
  const wanted = pickImages(await engine.images.list(), flags.filter).filter(
    ({ digest, refs }) => !used.has(digest) && (flags.all || refs.length === 0),
  )
  return each(
    wanted.map(({ digest }) => digest),
    async (digest) => {
      // By its digest it goes with all of its names, which has to be forced.
      const { untagged, deleted } = await engine.images.remove(digest, { force: true })
      for (const gone of untagged) console.log(`Untagged: ${gone}`)
      if (deleted) console.log(`Deleted: ${deleted}`)
    },
  )
}

/** `layerwright tag IMAGE NAME` */
export async function tagCommand(image: string, name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const { engine } = await openUserEngine(command.optsWithGlobals() as GlobalOptions)
  await engine.images.tag(image, name)
}

/** `layerwright rmi IMAGE…` */
export async function rmiCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { force?: boolean }
  const { engine } = await openUserEngine(flags)
  return each(names, async (name) => {
    const { untagged, deleted } = await engine.images.remove(name, { force: flags.force ?? false })
    for (const gone of untagged) console.log(`Untagged: ${gone}`)
    if (deleted) console.log(`Deleted: ${deleted}`)
  })
}
