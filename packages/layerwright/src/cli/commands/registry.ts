import { SIMULATED_COMMENT } from '@layerwright/build'
import { parsePlatform } from '@layerwright/dockerfile'
import { findImage, parseReference, type StoredImage } from '@layerwright/image'
import { pushImage } from '@layerwright/registry/node'
import { pullImage } from '../../base-images.js'
import { ImageMissingError, UsageError } from '../errors.js'
import { familiar } from '../names.js'
import { openClient, type RegistryFlags } from '../registry.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'

/** This machine's, but for the system: images are of Linux. */
const HOST_PLATFORM = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch === 'ia32' ? '386' : process.arch }

/** `layerwright pull IMAGE`: prints the digest that the registry knows it by. */
export async function pullCommand(reference: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & RegistryFlags & { platform?: string }
  const store = await openUserStore(flags)
  const platform = flags.platform === undefined ? HOST_PLATFORM : parsePlatform(flags.platform)
  const { digest } = await pullImage(store, reference, openClient(flags), platform)
  console.log(digest)
}

interface PushFlags extends GlobalOptions, RegistryFlags {
  readonly allowSimulated?: boolean
  readonly compression: 'gzip' | 'none'
  readonly level: string
  readonly format: 'oci' | 'docker'
  readonly mountFrom: string[]
}

/** An image that a simulated RUN had a part in is not to be taken for a real one by somebody else. */
export class SimulatedImageError extends Error {
  override readonly name = 'SimulatedImageError'
  readonly code = 'IMAGE_SIMULATED'
  readonly hint = 'build it with --executor linux where there is a sandbox, or push it as it is with --allow-simulated'
  constructor(image: string, instructions: readonly string[]) {
    super(
      `${image} has layers that a simulated shell made (${instructions.join('; ').slice(0, 300)}): others would take it for the real thing`,
    )
  }
}

/** `layerwright push IMAGE [NAME]`: prints the digest under which the registry has it now. */
export async function pushCommand(name: string, target: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as PushFlags
  const destination = target ?? name
  const level = Number(flags.level)
  if (!Number.isInteger(level) || level < 1 || level > 9)
    throw new UsageError(`--level ${flags.level}: no level of gzip`, 'write a number from 1 to 9')
  parseReference(destination)
  const store = await openUserStore(flags)
  const image = await findImage(store, name)
  if (!image) throw new ImageMissingError(name)
  const simulated = simulatedSteps(image)
  if (simulated.length > 0 && !flags.allowSimulated) throw new SimulatedImageError(familiar(name), simulated)
  const { descriptor } = await pushImage(destination, image, {
    client: openClient(flags),
    store,
    compression: flags.compression,
    level,
    mountFrom: flags.mountFrom,
    ...(flags.format === 'docker' ? { mediaTypes: 'docker' as const } : {}),
  })
  console.log(descriptor.digest)
}

const simulatedSteps = (image: StoredImage): string[] =>
  (image.config.history ?? []).flatMap(({ comment, created_by }) => (comment?.startsWith(SIMULATED_COMMENT) ? [created_by ?? '?'] : []))
