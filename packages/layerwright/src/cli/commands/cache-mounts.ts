import { cacheMountTree, listCacheMounts, putCacheMount } from '@layerwright/build'
import { readTar, tarTree, writeLayer } from '@layerwright/layer'
import { emptySnapshot, upperChanges } from '@layerwright/vfs'
import { UsageError } from '../errors.js'
import { openHostFile } from '../host-file.js'
import { printJson, table } from '../output.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'
import { writing } from '../tar-output.js'
import { humanBytes } from '../words.js'

/** `layerwright cache mounts`: what `RUN --mount=type=cache` has kept. */
export async function cacheMountsCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean }
  const mounts = await listCacheMounts(await openUserStore(flags))
  if (flags.json) return printJson(mounts)
  const rows = mounts.map(({ id, entries, bytes }) => [id ?? '(no name)', String(entries), humanBytes(bytes)])
  console.log(table(['ID', 'ENTRIES', 'SIZE'], rows, ['left', 'right', 'right']))
}

/** `layerwright cache mount-export ID`: its files as a tar. @throws UsageError */
export async function cacheMountExportCommand(id: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { output?: string }
  const store = await openUserStore(flags)
  await store.lease(async () => {
    const tree = await cacheMountTree(store, id)
    if (!tree) throw new UsageError(`there is no cache mount ${id}`, 'layerwright cache mounts lists them')
    await writing(flags.output, async (write) => {
      await writeLayer(upperChanges(emptySnapshot(), tree), write, { digests: false })
    })
  })
}

/** `layerwright cache mount-import ID FILE|-`: the files of a tar in the place of what it had. */
export async function cacheMountImportCommand(id: string, file: string, _flags: unknown, command: CommandLike): Promise<void> {
  const store = await openUserStore(command.optsWithGlobals() as GlobalOptions)
  const tree = tarTree(await readTar(openHostFile(file)), { climbing: 'refuse' })
  await store.lease(() => putCacheMount(store, id, tree))
}
