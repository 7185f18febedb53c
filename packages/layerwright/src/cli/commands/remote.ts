import { parsePlatform } from '@layerwright/dockerfile'
import { type Platform, parseReference } from '@layerwright/image'
import { copyImage } from '@layerwright/registry'
import { openWorkshop, type PlaceFlags, parsePlace, type Workshop } from '../places.js'
import { openClient, type RegistryFlags } from '../registry.js'
import { refuseSimulated } from '../simulated.js'
import type { CommandLike } from '../store.js'

const clientOf = (command: CommandLike) => openClient(command.optsWithGlobals() as RegistryFlags)

async function rawManifest(reference: string, command: CommandLike) {
  const { digest, tag } = parseReference(reference)
  return clientOf(command)
    .repository(reference)
    .manifests.get(digest ?? tag ?? 'latest')
}

const writeBytes = (bytes: Uint8Array): void => {
  process.stdout.write(bytes)
  if (bytes.at(-1) !== 10) process.stdout.write('\n')
}

/** `layerwright manifest inspect REFERENCE`: the document as the registry has it. */
export async function manifestCommand(reference: string, _flags: unknown, command: CommandLike): Promise<void> {
  writeBytes((await rawManifest(reference, command)).bytes)
}

/** `layerwright digest REFERENCE` */
export async function digestCommand(reference: string, _flags: unknown, command: CommandLike): Promise<void> {
  const { digest, tag } = parseReference(reference)
  const repository = clientOf(command).repository(reference)
  const head = await repository.manifests.head(digest ?? tag ?? 'latest')
  // what is missing is told by the one that fetches it, with the registry's own words
  console.log((head ?? (await repository.manifests.get(digest ?? tag ?? 'latest')).descriptor).digest)
}

/** `layerwright config IMAGE`: the config as it lies there. */
export async function configCommand(from: string, _flags: unknown, command: CommandLike): Promise<void> {
  await withPlaces(command, async (workshop, platform) => writeBytes((await workshop.image(parsePlace(from), platform)).configBytes))
}

/** `layerwright validate IMAGE`: reads all of it; prints every fault, and ends with 1 where there is one. */
export async function validateCommand(from: string, _flags: unknown, command: CommandLike): Promise<number> {
  return withPlaces(command, async (workshop, platform) => {
    const faults = await workshop.validate(parsePlace(from), platform)
    for (const { code, subject, message } of faults) console.log(`${code} ${subject}: ${message}`)
    if (faults.length === 0) console.log(`valid: ${from}`)
    return faults.length === 0 ? 0 : 1
  })
}

async function withPlaces<T>(command: CommandLike, work: (workshop: Workshop, platform: Platform | undefined) => Promise<T>): Promise<T> {
  const flags = command.optsWithGlobals() as PlaceFlags
  const workshop = openWorkshop(flags)
  try {
    return await work(workshop, flags.platform === undefined ? undefined : parsePlatform(flags.platform))
  } finally {
    workshop.close()
  }
}

/** `layerwright ls REPOSITORY`: its tags. */
export async function lsCommand(repository: string, _flags: unknown, command: CommandLike): Promise<void> {
  for await (const tag of clientOf(command).repository(repository).tags()) console.log(tag)
}

/** `layerwright catalog REGISTRY`: its repositories, where it tells them. */
export async function catalogCommand(registry: string, _flags: unknown, command: CommandLike): Promise<void> {
  for await (const name of clientOf(command).catalog(registry)) console.log(name)
}

/** `layerwright delete REFERENCE`: a manifest by its digest, or a name where the registry allows that. */
export async function deleteCommand(reference: string, _flags: unknown, command: CommandLike): Promise<void> {
  const { digest, tag } = parseReference(reference)
  await clientOf(command)
    .repository(reference)
    .manifests.delete(digest ?? tag ?? 'latest')
}

/** `layerwright copy FROM TO`: from registry to registry byte for byte, between other places each image as it is. */
export async function copyCommand(from: string, to: string, _flags: unknown, command: CommandLike): Promise<void> {
  const [source, target] = [parsePlace(from), parsePlace(to)]
  await withPlaces(command, async (workshop, platform) => {
    if (source.kind === 'registry' && target.kind === 'registry') {
      const { registry, repository } = parseReference(source.path)
      const chosen = platform ? `${registry}/${repository}@${(await workshop.image(source, platform)).digest}` : source.path
      console.log((await copyImage(chosen, target.path, clientOf(command))).digest)
      return
    }
    const images = platform ? [await workshop.image(source, platform)] : await workshop.images(source)
    const { allowSimulated } = command.optsWithGlobals() as { allowSimulated?: boolean }
    if (target.kind === 'registry') refuseSimulated(to, images, allowSimulated)
    console.log(await workshop.write(target, images, { compression: 'none' }))
  })
}
