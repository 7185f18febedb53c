import { RegistryError } from '../errors.js'
import { isLoopback, isMetadataHost, isPrivateAddress, isSameSite, redactUrl } from '../http/hosts.js'
import type { Endpoint } from '../settings.js'

/**
 * Where a registry sends us for a token is the registry's word, so it is looked at before anybody is asked there, let alone told a password (S36): https unless
 * the registry itself is plain http, no userinfo, no link-local or metadata host, no private address or this machine for a registry that is elsewhere. A password goes
 * only to the registry's own site, or to a host that the user named.
 * @throws RegistryError REALM_REFUSED
 */
export function checkRealm(realm: string, endpoint: Endpoint, withCredentials: boolean, named: readonly string[]): URL {
  const refuse = (why: string) =>
    new RegistryError('REALM_REFUSED', endpoint.registry, `${endpoint.registry} sends us to ${redactUrl(realm)} for a token: ${why}`, {
      hint: 'nothing was sent there; if this is right, name the host among the trusted token servers (realms)',
    })
  let url: URL
  try {
    url = new URL(realm)
  } catch {
    throw refuse('that is no absolute URL')
  }
  const { base } = endpoint
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && base.protocol === 'http:')) throw refuse('it is not https')
  if (url.username !== '' || url.password !== '') throw refuse('it has a user name in it')
  if (isMetadataHost(url.hostname)) throw refuse('that host is never asked')
  if (isLoopback(url.hostname) && !isLoopback(base.hostname)) throw refuse('that is this machine')
  const near = isLoopback(base.hostname) || isPrivateAddress(base.hostname) || named.includes(url.host)
  if (isPrivateAddress(url.hostname) && !near) throw refuse('that is an address of a private network')
  if (withCredentials && !isSameSite(url.hostname, base.hostname) && !named.includes(url.host) && !named.includes(url.hostname))
    throw refuse('a password goes only to the registry’s own site')
  return url
}
