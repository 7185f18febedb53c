import type { PrunedLayers, PruneLayersOptions, SharedUsage } from '@layerwright/executor/linux'

/**
 * The layers that the real sandbox has extracted, outside of any store; undefined where there is no such sandbox. Removes those that no command uses.
 * @param options what may stay; `dryRun` to only count
 */
export async function pruneSandbox(options: PruneLayersOptions): Promise<PrunedLayers | undefined> {
  if (process.platform !== 'linux') return undefined
  const { pruneLayers } = await import('@layerwright/executor/linux')
  return pruneLayers(options)
}

/** The folders that volumes are while containers run on them, outside of any store; undefined where there is no such sandbox. */
export async function sharedVolumes(): Promise<SharedUsage | undefined> {
  if (process.platform !== 'linux') return undefined
  const { sharedUsage } = await import('@layerwright/executor/linux')
  return sharedUsage()
}
