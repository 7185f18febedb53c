import { createHasher, isDigest } from '@layerwright/digest'
import type { StoreFault, VerifyOptions } from '../types.js'
import type { OpenBlobs } from './blobs.js'
import { namesIn, type Places, placeIn, removeFile, statOf } from './files.js'
import { isOwnedName } from './owner.js'
import type { Records } from './records.js'

/** Reads every blob and every record of a store's folder. See `StoreMaintenance.verify`. */
export async function verifyFiles(places: Places, files: OpenBlobs, records: Records, options: VerifyOptions): Promise<StoreFault[]> {
  const { signal, repair = false } = options
  const faults: StoreFault[] = []
  const damaged = (code: StoreFault['code'], subject: string, path: string, message: string): void => {
    faults.push({ code, subject, message, repaired: repair && removeFile(path) })
  }
  for (const name of namesIn(places.blobs)) {
    signal?.throwIfAborted()
    const digest = `sha256:${name}`
    const path = placeIn(places.blobs, name)
    if (!isDigest(digest)) {
      faults.push({ code: 'STRAY_FILE', subject: `blobs/sha256/${name}`, message: 'its name is not a digest', repaired: false })
      continue
    }
    const stat = statOf(path)
    if (!stat) continue
    const hasher = createHasher()
    try {
      for await (const chunk of files.blob(digest, stat.size).stream()) hasher.update(chunk)
    } catch (error) {
      // Collected while it was read: no fault.
      if ((error as { code?: unknown }).code === 'BLOB_MISSING') continue
      throw error
    }
    const actual = hasher.digest()
    if (actual !== digest) damaged('BLOB_CORRUPT', digest, path, `its bytes have the digest ${actual}`)
  }
  for (const { name, what } of records.faults()) damaged('RECORD_CORRUPT', name, placeIn(places.root, name), what)
  for (const name of namesIn(places.tmp)) {
    if (!isOwnedName(name))
      faults.push({ code: 'STRAY_FILE', subject: `tmp/${name}`, message: 'no writer of a store made it', repaired: false })
  }
  return faults
}
