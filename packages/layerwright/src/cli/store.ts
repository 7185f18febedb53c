import { resolve } from 'node:path'
import { openStore } from '@layerwright/store/node'
import envPaths from 'env-paths'
import { UsageError } from './errors.js'

export interface GlobalOptions {
  readonly store?: string
}

/** A command's own options with the program's, as commander hands them over. */
export interface CommandLike {
  optsWithGlobals(): unknown
}

/** Where the store lives: `--store`, `LAYERWRIGHT_STORE`, else a folder of this user's. @throws UsageError for an empty name */
export function storeDir({ store }: GlobalOptions): string {
  // a variable that is not set must not make a store of the folder that one happens to be in
  if (store === '') throw new UsageError('the store has no name: --store or LAYERWRIGHT_STORE is empty', 'name a folder, or leave it out')
  return resolve(store ?? envPaths('layerwright', { suffix: '' }).data)
}

/** @throws StoreError when the folder is something else than a store */
export const openUserStore = (options: GlobalOptions) => openStore(storeDir(options))
export type UserStore = Awaited<ReturnType<typeof openUserStore>>
