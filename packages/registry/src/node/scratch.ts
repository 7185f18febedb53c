/** The gate to temporary files. It must never write anywhere but into a fresh folder of its own, and never leave it behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@layerwright/store'
import { openStore } from '@layerwright/store/node'

/** A store that lives as long as `work` runs. */
export async function withScratchStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'layerwright-push-'))
  try {
    const store = await openStore(dir)
    try {
      return await work(store)
    } finally {
      store.close()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
