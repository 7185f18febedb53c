/**
 * The gate to the network: every request of this package is made here.
 *
 * It must never follow a redirect by itself, never send cookies, and never be given a URL with userinfo in it.
 */

import { RegistryError } from '../errors.js'
import type { Settings } from '../settings.js'
import { broken, codeOf } from './body.js'
import { redactUrl } from './hosts.js'
import type { HttpRequest, HttpResponse, StreamBody } from './transport.js'

export type PlainRequest = Omit<HttpRequest, 'signal'>

/** Failures of TLS and of names that another try does not mend. */
const LASTING = /^(?:CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ENOTFOUND$)/

/** One request, one answer, whatever its status. @throws RegistryError REGISTRY_UNREACHABLE */
export async function request(url: URL, { method, headers, body }: PlainRequest, settings: Settings): Promise<HttpResponse> {
  if (url.username !== '' || url.password !== '')
    throw new RegistryError('REDIRECT_REFUSED', redactUrl(url), `${redactUrl(url)} comes with a user name in it: it is not asked`)
  settings.signal?.throwIfAborted()
  const controller = new AbortController()
  const { stallMs } = settings.limits
  const stalled = () => controller.abort(broken(url, `no answer for ${stallMs} ms`))
  let timer = setTimeout(stalled, stallMs)
  let ofContent: { readonly error: unknown } | undefined
  const failed = (error: unknown) => {
    ofContent = { error }
  }
  // as long as the peer takes bytes it is there
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(stalled, stallMs)
  }
  const signal = settings.signal ? AbortSignal.any([settings.signal, controller.signal]) : controller.signal
  try {
    return await settings.transport.request(url, { method, headers, signal, body: body && watched(body, alive, failed) })
  } catch (error) {
    settings.signal?.throwIfAborted()
    if (controller.signal.aborted) throw controller.signal.reason
    if (ofContent) throw (ofContent as { readonly error: unknown }).error
    const code = codeOf(error)
    const failure = broken(url, 'no connection', error)
    if (code === undefined || !LASTING.test(code)) throw failure
    throw new RegistryError('REGISTRY_UNREACHABLE', failure.subject, failure.message, { cause: error, hint: failure.hint! })
  } finally {
    clearTimeout(timer)
  }
}

/** The body, telling of each chunk and of the content's own failure, which says nothing about the connection. */
function watched(
  body: NonNullable<HttpRequest['body']>,
  alive: () => void,
  failed: (error: unknown) => void,
): Uint8Array<ArrayBuffer> | StreamBody {
  if (body instanceof Uint8Array) return body
  return {
    size: body.size,
    async *stream() {
      try {
        for await (const chunk of body.stream()) {
          alive()
          yield chunk
        }
      } catch (error) {
        failed(error)
        throw error
      }
    },
  }
}
