import type { Digest } from '@layerwright/digest'
import { discard } from '../http/body.js'
import { type Place, pullScope, urlIn } from '../repository/context.js'
import type { Endpoint } from '../settings.js'

/** Bytes that the registry has of a blob; undefined: it is not there. */
export async function blobSize(place: Place, endpoint: Endpoint, digest: Digest): Promise<number | undefined> {
  const { response } = await place.send(endpoint, {
    method: 'HEAD',
    url: urlIn(place, endpoint, `blobs/${digest}`),
    scopes: [pullScope(place.name)],
    expect: [200, 404],
  })
  discard(response)
  const size = Number(response.headers.get('content-length') ?? Number.NaN)
  return response.status === 200 && Number.isSafeInteger(size) ? size : undefined
}
