import { resolve } from 'node:path'
import { isatty } from 'node:tty'
import type { BuildResult } from '@layerwright/build'
import type { LayerCompression } from '@layerwright/image'
import { writeDockerArchive, writeLayout, writeOciArchive, writeRootfs } from '@layerwright/image/node'
import { layerSnapshot, writeLayer } from '@layerwright/layer'
import { emptySnapshot, upperChanges } from '@layerwright/vfs'
import { UsageError } from './errors.js'
import { checkPlace, STDOUT, throughFile, writingTo } from './output-places.js'
import { parseFields } from './specs.js'
import type { UserStore } from './store.js'
import { writing } from './tar-output.js'

/** What `-o` asks for. */
export interface Output {
  readonly type: (typeof TYPES)[number]
  /** An absolute path, or `-` for standard output. */
  readonly dest: string
  /** Names for what has names, in the place of those that `-t` gives. */
  readonly names: readonly string[]
  /** oci: one file (true), or a layout folder. */
  readonly archive: boolean
  /** undefined: as the type has it, which is none for files and gzip for registries. */
  readonly compression: LayerCompression | undefined
  readonly level: number | undefined
}

const TYPES = ['oci', 'docker', 'tar', 'local', 'image', 'registry'] as const
const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const

/** Reads `-o type=…,dest=…`; a path alone is `type=local`, and `-` alone a tar on standard output, as Docker has it. @throws UsageError */
export function parseOutput(spec: string): Output {
  const plain = { names: [], archive: false, compression: undefined, level: undefined }
  if (spec === STDOUT) return { type: 'tar', dest: STDOUT, ...plain }
  if (!spec.includes('=')) return { type: 'local', dest: resolve(spec), ...plain }
  const fields = parseFields('output', spec, ['type', 'dest', 'tar', 'compression', 'compression-level', 'name'])
  const type = TYPES.find((known) => known === (fields.get('type') ?? 'local'))
  const dest = fields.get('dest')
  const text = fields.get('compression')
  const compression = COMPRESSIONS.find((known) => known === text)
  const level = fields.has('compression-level') ? Number(fields.get('compression-level')) : undefined
  if (!type) throw new UsageError(`--output ${spec}: unknown type "${fields.get('type')}"`, `the types are ${TYPES.join(', ')}`)
  if (!dest && type !== 'image' && type !== 'registry')
    throw new UsageError(`--output ${spec}: there is no dest`, `write --output type=${type},dest=PATH`)
  if (text !== undefined && !compression) throw new UsageError(`--output ${spec}: unknown compression "${text}"`, COMPRESSIONS.join(', '))
  if (level !== undefined && !(Number.isInteger(level) && level > 0))
    throw new UsageError(`--output ${spec}: no level of a compression`, 'write a number from 1 to 9 for gzip, to 19 for zstd')
  const name = fields.get('name')
  const archive = fields.get('tar') !== 'false'
  if (dest === STDOUT && (type === 'local' || (type === 'oci' && !archive)))
    throw new UsageError(`--output ${spec}: standard output takes no folder`, 'write type=tar, type=oci or type=docker')
  return { type, dest: dest === STDOUT ? dest : resolve(dest ?? ''), names: name ? [name] : [], archive, compression, level }
}

export interface OutputContext {
  readonly store: UserStore
  /** From `-t`. */
  readonly tags: readonly string[]
  readonly indexAnnotations: Readonly<Record<string, string>>
  readonly quiet?: boolean | undefined
  readonly allowSimulated?: boolean | undefined
}

/**
 * Refuses what can be seen to be wrong before anything is built.
 * @param told whether events go to standard output, and how many images the build makes: targets times platforms
 * @throws UsageError
 */
export function checkOutputs(
  outputs: readonly Output[],
  tags: readonly string[],
  told: { readonly json?: boolean; readonly images?: number } = {},
): void {
  const toStdout = outputs.filter(isToStdout)
  if (toStdout.length > 1) throw new UsageError('--output: standard output takes one output', 'name files for the others')
  if (toStdout.length > 0 && told.json)
    throw new UsageError('--progress json and an output to standard output exclude each other', 'name a file')
  if (toStdout.length > 0 && isatty(1)) throw new UsageError('an archive is not for a terminal', 'name a file, or pipe the output')
  for (const { type, dest, names, archive } of outputs) {
    refuseSeveral(type, told.images ?? 1)
    if (type === 'registry' && names.length + tags.length === 0)
      throw new UsageError('--output type=registry: there is no name to push to', 'write -t NAME, or type=registry,name=NAME')
    if (dest === STDOUT || type === 'registry' || type === 'image') continue
    checkPlace(dest, type === 'local' ? 'folder' : type === 'oci' && !archive ? 'layout' : 'file')
  }
}

/** A tree has one image. */
function refuseSeveral(type: Output['type'], images: number): void {
  if (images > 1 && (type === 'tar' || type === 'local'))
    throw new UsageError(`--output type=${type} takes one image, the build has ${images}`, 'build each platform and target by itself')
}

/** Whether it takes standard output, so that nothing else may be printed there. */
export const isToStdout = ({ type, dest }: Output): boolean => dest === STDOUT && type !== 'registry' && type !== 'image'

/**
 * Writes one output. Files appear only when they are complete.
 * @throws OutputFailedError what the operating system refused
 */
export async function writeOutput(output: Output, result: Pick<BuildResult, 'image' | 'images'>, context: OutputContext): Promise<void> {
  const images = result.images.map(({ image }) => image)
  const { dest, compression, level, type } = output
  const { store, indexAnnotations } = context
  const names = output.names.length > 0 ? output.names : context.tags
  const packing = { ...(compression === undefined ? {} : { compression }), ...(level === undefined ? {} : { level }) }
  const toFile = (write: (file: string) => Promise<void>) => (dest === STDOUT ? throughFile(write) : write(dest))
  if (type === 'registry') {
    const [{ openWorkshop }, { refuseSimulated }] = await Promise.all([import('./places.js'), import('./simulated.js')])
    for (const path of names) {
      refuseSimulated(path, images, context.allowSimulated)
      const workshop = openWorkshop({ quiet: context.quiet ?? false }, store)
      await workshop.write({ kind: 'registry', path, ref: undefined }, images, { ...packing, indexAnnotations })
    }
  } else if (type === 'oci') {
    const write = output.archive ? writeOciArchive : writeLayout
    await writingTo(dest, () => toFile((file) => write(file, images, { names, ...packing, indexAnnotations, store })), CACHED)
  } else if (type === 'docker') await writingTo(dest, () => toFile((file) => writeDockerArchive(file, images, { tags: names })), CACHED)
  else if (type === 'tar' || type === 'local') {
    refuseSeveral(type, images.length)
    await writingTo(
      dest,
      () => (dest === STDOUT ? tarToStdout(result.image) : writeRootfs(result.image, type === 'tar' ? { tar: dest } : { dir: dest })),
      CACHED,
    )
  }
}

/** What has been built is not lost. */
const CACHED = 'all steps are cached'

async function tarToStdout(image: BuildResult['image']): Promise<void> {
  await writing(STDOUT, async (write) => {
    await writeLayer(upperChanges(emptySnapshot(), layerSnapshot(image.unpacked)), write, { digests: false })
  })
}
