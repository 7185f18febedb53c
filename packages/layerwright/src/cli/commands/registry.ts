import { parsePlatform } from '@layerwright/dockerfile'
import { type LayerCompression, parseReference } from '@layerwright/image'
import { pullImage, pullImages } from '../../base-images.js'
import { UsageError } from '../errors.js'
import { familiar } from '../names.js'
import { openWorkshop } from '../places.js'
import { openClient, type RegistryFlags } from '../registry.js'
import { refuseSimulated } from '../simulated.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'

/** This machine's, but for the system: images are of Linux. */
export const HOST_PLATFORM = {
  os: 'linux',
  architecture: process.arch === 'x64' ? 'amd64' : process.arch === 'ia32' ? '386' : process.arch,
}

/** `layerwright pull IMAGE`: prints the digest that the registry knows it by; of all platforms that of the index. */
export async function pullCommand(reference: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & RegistryFlags & { platform?: string; allPlatforms?: boolean }
  const all = flags.allPlatforms === true || flags.platform === 'all'
  if (flags.allPlatforms && flags.platform !== undefined && flags.platform !== 'all')
    throw new UsageError(`--all-platforms and --platform ${flags.platform}: it is one or all`, 'leave one of them out')
  const platform = flags.platform === undefined || all ? HOST_PLATFORM : parsePlatform(flags.platform)
  const [store, client] = [await openUserStore(flags), openClient(flags)]
  const pulled = all ? await pullImages(store, reference, client, platform) : await pullImage(store, reference, client, platform)
  console.log(pulled.digest)
}

interface PushFlags extends GlobalOptions, RegistryFlags {
  readonly allowSimulated?: boolean
  readonly compression: LayerCompression
  readonly level?: string
  readonly format: 'oci' | 'docker'
  readonly mountFrom: string[]
}

/** `layerwright push IMAGE [NAME]`: prints the digest under which the registry has it now. */
export async function pushCommand(name: string, to: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as PushFlags
  const destination = to ?? name
  parseReference(destination)
  const workshop = openWorkshop(flags)
  const images = await workshop.images({ kind: 'store', path: name, ref: undefined })
  refuseSimulated(familiar(name), images, flags.allowSimulated)
  const { compression, mountFrom } = flags
  const mediaTypes = flags.format === 'docker' ? { mediaTypes: 'docker' as const } : {}
  const target = { kind: 'registry' as const, path: destination, ref: undefined }
  console.log(await workshop.write(target, images, { compression, ...levelOf(flags), mountFrom, ...mediaTypes }))
}

/** `--level N`, for the compression that there is. @throws UsageError */
export function levelOf({ level: text }: { readonly level?: string }): { readonly level?: number } {
  if (text === undefined) return {}
  const level = Number(text)
  if (Number.isInteger(level) && level > 0) return { level }
  throw new UsageError(`--level ${text}: no level of a compression`, 'write a number from 1 to 9 for gzip, to 19 for zstd')
}
