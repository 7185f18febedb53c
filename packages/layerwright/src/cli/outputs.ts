import { resolve } from 'node:path'
import type { BuildResult } from '@layerwright/build'
import { writeDockerArchive, writeLayout, writeOciArchive, writeRootfs } from '@layerwright/image/node'
import { UsageError } from './errors.js'
import { parseFields } from './specs.js'

/** What `-o` asks for. */
export interface Output {
  readonly type: 'oci' | 'docker' | 'tar' | 'local' | 'image'
  readonly dest: string
  /** oci: one file (true), or a layout folder. */
  readonly archive: boolean
  readonly compression: 'none' | 'gzip'
}

const TYPES = ['oci', 'docker', 'tar', 'local', 'image'] as const

/** Reads `-o type=…,dest=…`; a path alone is `type=local`, as Docker has it. @throws UsageError */
export function parseOutput(spec: string): Output {
  if (!spec.includes('=')) return { type: 'local', dest: resolve(spec), archive: false, compression: 'none' }
  const fields = parseFields('output', spec, ['type', 'dest', 'tar', 'compression', 'name'])
  const type = TYPES.find((known) => known === (fields.get('type') ?? 'local'))
  const dest = fields.get('dest')
  const compression = fields.get('compression') ?? 'none'
  if (!type) throw new UsageError(`--output ${spec}: unknown type "${fields.get('type')}"`, `the types are ${TYPES.join(', ')}`)
  if (!dest && type !== 'image') throw new UsageError(`--output ${spec}: there is no dest`, `write --output type=${type},dest=PATH`)
  if (compression !== 'none' && compression !== 'gzip')
    throw new UsageError(`--output ${spec}: unknown compression "${compression}"`, 'none or gzip')
  return { type, dest: resolve(dest ?? ''), archive: fields.get('tar') !== 'false', compression }
}

/** Writes one output. Files and folders appear only when they are complete. */
export async function writeOutput(
  output: Output,
  result: Pick<BuildResult, 'image' | 'images'>,
  tags: readonly string[],
  indexAnnotations: Readonly<Record<string, string>>,
): Promise<void> {
  const images = result.images.map(({ image }) => image)
  const { dest, compression } = output
  if (output.type === 'oci')
    await (output.archive ? writeOciArchive : writeLayout)(dest, images, { names: tags, compression, indexAnnotations })
  else if (output.type === 'docker') await writeDockerArchive(dest, images, { tags })
  else if (output.type === 'tar' || output.type === 'local') {
    if (images.length !== 1)
      throw new UsageError(
        `--output type=${output.type} takes one image, the build has ${images.length}`,
        'build each platform and target by itself',
      )
    await writeRootfs(result.image, output.type === 'tar' ? { tar: dest } : { dir: dest })
  }
}
