import { defaultPath } from './state.js'
import type { BaseImage, Platform } from './types.js'

/** An image of which nothing is known but that it exists: for what is asked without building. */
export const standIn = async (reference: string, { os, architecture, variant }: Platform): Promise<BaseImage> => ({
  id: reference,
  config: {
    architecture,
    os,
    ...(variant ? { variant } : {}),
    config: { Env: [`PATH=${defaultPath(os)}`] },
    rootfs: { type: 'layers', diff_ids: [reference] },
  },
})
