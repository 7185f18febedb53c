import { discard } from '../http/body.js'
import { deleteScope, fromReaders, type Place, urlIn } from '../repository/context.js'
import type { RepositoryBlobs } from '../types.js'
import { blobContent, verifying } from './download.js'
import { blobSize } from './info.js'
import { cancelSession, tryMount, uploadBlob } from './upload.js'

export function repositoryBlobs(place: Place): RepositoryBlobs {
  const { settings, endpoint } = place
  return {
    size: (digest) => fromReaders(place, (reader) => blobSize(place, reader, digest)),
    open: (descriptor) => verifying(blobContent(place, descriptor), descriptor),
    openUnverified: (descriptor) => blobContent(place, descriptor),
    async upload({ digest, size }, content, { mountFrom = [] } = {}) {
      const finished = (outcome: 'uploaded' | 'mounted' | 'present') => {
        settings.emit({ type: 'blob.finished', direction: 'push', repository: place.name, digest, size, outcome })
        return outcome
      }
      if ((await blobSize(place, endpoint, digest)) !== undefined) return finished('present')
      let session: Exclude<Awaited<ReturnType<typeof tryMount>>, true> | undefined
      for (const from of mountFrom) {
        if (from === place.name) continue
        if (session) await cancelSession(place, session)
        const mounted = await tryMount(place, digest, from)
        if (mounted === true) return finished('mounted')
        session = mounted
      }
      return finished(await uploadBlob(place, { digest, size }, content, session))
    },
    async mount(digest, from) {
      const mounted = await tryMount(place, digest, from)
      if (mounted !== true) await cancelSession(place, mounted)
      return mounted === true
    },
    async delete(digest) {
      const { response } = await place.send(endpoint, {
        method: 'DELETE',
        url: urlIn(place, endpoint, `blobs/${digest}`),
        scopes: [deleteScope(place.name)],
        expect: [202, 200, 204],
      })
      discard(response)
    },
  }
}
