/**
 * The gate to the network: every request of this package is made here.
 *
 * It must never follow a redirect by itself, never send cookies, and never be given a URL with userinfo in it.
 */

import { RegistryError } from '../errors.js'
import type { Settings } from '../settings.js'
import { broken } from './body.js'
import { redactUrl } from './hosts.js'

export interface PlainRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer> | undefined
}

/** Failures of TLS and of names that another try does not mend. */
const LASTING = /^(?:CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ENOTFOUND$)/

/** One request, one answer, whatever its status. @throws RegistryError REGISTRY_UNREACHABLE */
export async function request(url: URL, { method, headers, body }: PlainRequest, settings: Settings): Promise<Response> {
  if (url.username !== '' || url.password !== '')
    throw new RegistryError('REDIRECT_REFUSED', redactUrl(url), `${redactUrl(url)} comes with a user name in it: it is not asked`)
  settings.signal?.throwIfAborted()
  const controller = new AbortController()
  const { stallMs } = settings.limits
  const timer = setTimeout(() => controller.abort(broken(url, `no answer for ${stallMs} ms`)), stallMs)
  const signal = settings.signal ? AbortSignal.any([settings.signal, controller.signal]) : controller.signal
  try {
    return await settings.fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      credentials: 'omit',
      signal,
      ...(body === undefined ? {} : { body }),
    })
  } catch (error) {
    settings.signal?.throwIfAborted()
    if (controller.signal.aborted) throw controller.signal.reason
    const code = (error as { cause?: { code?: unknown } }).cause?.code
    const failure = broken(url, 'no connection', error)
    if (typeof code !== 'string' || !LASTING.test(code)) throw failure
    throw new RegistryError('REGISTRY_UNREACHABLE', failure.subject, failure.message, { cause: error, hint: failure.hint! })
  } finally {
    clearTimeout(timer)
  }
}
