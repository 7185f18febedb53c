import { statSync } from 'node:fs'
import { type CachePlace, cachedSteps, exportCache, importCache } from '@layerwright/build'
import type { Digest } from '@layerwright/digest'
import type { LayerCompression } from '@layerwright/image'
import { layoutArtifacts, newArtifactArchive, openArtifactArchive } from '@layerwright/image/node'
import { decompress } from '@layerwright/layer/node'
import { layerForm } from '../../layer-form.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'

/** `layerwright cache export DEST`: the results of all steps that the store has, as a bundle: an OCI layout, or an archive if the name ends in `.tar`. */
export async function cacheExportCommand(dest: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { producer?: string; compression: LayerCompression }
  const store = await openUserStore(flags)
  const place: CachePlace = dest.endsWith('.tar') ? newArtifactArchive(dest) : layoutArtifacts(dest)
  const { put, present } = await store.lease(async () => {
    const keys: Digest[] = []
    for await (const { key, record } of cachedSteps(store)) if (!record.evicted) keys.push(key)
    const producer = flags.producer === undefined ? {} : { producer: flags.producer }
    return exportCache(store, keys, { place, form: layerForm(store, flags.compression, undefined), ...producer })
  })
  console.log(`${put} steps written to ${dest}${present > 0 ? `, ${present} were there` : ''}`)
}

/** `layerwright cache import SRC`: takes the steps of a bundle. What can't be believed is named and left out; the exit status is then 1. */
export async function cacheImportCommand(src: string, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { producer: string[] }
  const store = await openUserStore(flags)
  const archive = statSync(src, { throwIfNoEntry: false })?.isDirectory() ? undefined : await openArtifactArchive(src)
  try {
    const place: Pick<CachePlace, 'name' | 'manifest' | 'blob' | 'tags'> = archive ?? layoutArtifacts(src)
    const producers = flags.producer.length === 0 ? {} : { producers: flags.producer }
    const { imported, present, refused } = await store.lease(() => importCache(store, place, { decompress, ...producers }))
    for (const { code, message } of refused) console.error(`${code} ${message}`)
    console.log(`${imported} steps taken, ${present} were there, ${refused.length} refused`)
    return refused.length > 0 ? 1 : 0
  } finally {
    archive?.close()
  }
}
