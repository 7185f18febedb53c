import { listImages } from '@layerwright/image'
import { each } from '../each.js'
import { openUserEngine } from '../engine.js'
import { familiar } from '../names.js'
import { printJson, table } from '../output.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'
import { humanBytes, shortDigest } from '../words.js'

/** `layerwright images` */
export async function imagesCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean; quiet?: boolean }
  const images = await listImages(await openUserStore(flags))
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
  const rows = images.flatMap(({ digest, refs, size, config }) =>
    (refs.length > 0 ? refs.map(familiar) : ['<none>']).map((name) => [
      name,
      shortDigest(digest),
      `${config.os}/${config.architecture}`,
      String(config.rootfs.diff_ids.length),
      humanBytes(size),
    ]),
  )
  console.log(table(['IMAGE', 'DIGEST', 'PLATFORM', 'LAYERS', 'SIZE'], rows, ['left', 'left', 'left', 'right', 'right']))
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
