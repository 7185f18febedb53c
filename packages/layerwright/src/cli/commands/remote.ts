import { parsePlatform } from '@layerwright/dockerfile'
import { parseReference } from '@layerwright/image'
import { validateImage } from '@layerwright/image/node'
import { copyImage, openRegistryImage } from '@layerwright/registry'
import { openClient, type RegistryFlags } from '../registry.js'
import type { CommandLike } from '../store.js'

type Flags = RegistryFlags & { readonly platform?: string }

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

async function remoteImage(reference: string, command: CommandLike) {
  const { platform } = command.optsWithGlobals() as Flags
  const source = await openRegistryImage(reference, clientOf(command))
  return source.image(platform === undefined ? {} : { platform: parsePlatform(platform) })
}

/** `layerwright config REFERENCE`: the image's config as the registry has it. */
export async function configCommand(reference: string, _flags: unknown, command: CommandLike): Promise<void> {
  writeBytes((await remoteImage(reference, command)).configBytes)
}

/** `layerwright validate REFERENCE`: reads all of it; prints every fault, and ends with 1 where there is one. */
export async function validateCommand(reference: string, _flags: unknown, command: CommandLike): Promise<number> {
  const faults = await validateImage(await remoteImage(reference, command))
  for (const { code, subject, message } of faults) console.log(`${code} ${subject}: ${message}`)
  if (faults.length === 0) console.log(`valid: ${reference}`)
  return faults.length === 0 ? 0 : 1
}

/** `layerwright ls REPOSITORY`: its tags. */
export async function lsCommand(repository: string, _flags: unknown, command: CommandLike): Promise<void> {
  for await (const tag of clientOf(command).repository(repository).tags()) console.log(tag)
}

/** `layerwright copy FROM TO`: from registry to registry, byte for byte. */
export async function copyCommand(from: string, to: string, _flags: unknown, command: CommandLike): Promise<void> {
  console.log((await copyImage(from, to, clientOf(command))).digest)
}
