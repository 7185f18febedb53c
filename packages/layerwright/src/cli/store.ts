import { resolve } from 'node:path'
import { openStore } from '@layerwright/store/node'
import envPaths from 'env-paths'

export interface GlobalOptions {
  readonly store?: string
}

/** A command's own options with the program's, as commander hands them over. */
export interface CommandLike {
  optsWithGlobals(): unknown
}

/** Where the store lives: `--store`, `LAYERWRIGHT_STORE`, else a folder of this user's. */
export const storeDir = ({ store }: GlobalOptions): string => resolve(store ?? envPaths('layerwright', { suffix: '' }).data)

/** @throws StoreError when the folder is something else than a store */
export const openUserStore = (options: GlobalOptions) => openStore(storeDir(options))
export type UserStore = Awaited<ReturnType<typeof openUserStore>>
