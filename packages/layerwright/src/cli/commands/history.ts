import { findImage, type StoredImage } from '@layerwright/image'
import { ImageMissingError } from '../errors.js'
import { printJson, table } from '../output.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'
import { humanBytes, shortDigest, shorten } from '../words.js'

interface Line {
  readonly instruction: string
  readonly comment?: string
  readonly created?: string
  readonly diffId?: string
  readonly entries?: number
  readonly bytes?: number
}

/** History lines in the order of the Dockerfile, each with the layer it made. */
export function historyLines({ config, unpacked }: StoredImage): Line[] {
  let next = 0
  return (config.history ?? []).map(({ created_by, comment, created, empty_layer }) => {
    const layer = empty_layer ? undefined : unpacked[next++]
    return {
      instruction: created_by ?? '',
      ...(comment ? { comment } : {}),
      ...(created ? { created } : {}),
      ...(layer ? { diffId: layer.diffId, entries: layer.index.entries, bytes: layer.index.size } : {}),
    }
  })
}

const INSTRUCTION_WIDTH = 70

/** `layerwright history IMAGE`: which instruction made which layer, first to last. */
export async function historyCommand(name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean; trunc: boolean }
  const image = await findImage(await openUserStore(flags), name)
  if (!image) throw new ImageMissingError(name)
  const lines = historyLines(image)
  if (flags.json) return printJson(lines)
  const rows = lines.map(({ instruction, diffId, entries, bytes }) => [
    flags.trunc ? shorten(instruction.replace(/\s+/g, ' '), INSTRUCTION_WIDTH) : instruction.replace(/\s+/g, ' '),
    diffId ? (flags.trunc ? shortDigest(diffId) : diffId) : '',
    entries === undefined ? '' : String(entries),
    bytes === undefined ? '' : humanBytes(bytes),
  ])
  console.log(table(['INSTRUCTION', 'DIFF ID', 'ENTRIES', 'BYTES'], rows, ['left', 'left', 'right', 'right']))
  console.log(`\n${image.layers.length} ${image.layers.length === 1 ? 'layer' : 'layers'}, image ${image.digest}`)
}
