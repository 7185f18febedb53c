/**
 * Which hosts may be asked what: the rules behind S33 to S37, as plain functions over URLs. A URL has been normalised by the platform's parser, so odd spellings
 * of addresses (decimal, hex, short forms) arrive here as dotted quads.
 */

/** A URL as it may appear in messages and records: without userinfo, query and fragment (S33). */
export function redactUrl(url: URL | string): string {
  try {
    const { protocol, host, pathname } = new URL(url)
    if (protocol !== 'https:' && protocol !== 'http:') return '(not a web address)'
    return `${protocol}//${host}${pathname}`
  } catch {
    return '(not a web address)'
  }
}

const bare = (hostname: string): string => hostname.toLowerCase().replace(/\.$/, '')

function quad(hostname: string): readonly number[] | undefined {
  const parts = bare(hostname).split('.')
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part))) return parts.map(Number)
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(bare(hostname))
  if (!mapped) return undefined
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255]
}

/** This machine: `localhost` and names below it, 127.0.0.0/8, ::1. */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname)
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || quad(host)?.[0] === 127
}

/** Hosts that tell a machine's secrets to whoever asks from it: link-local addresses and the metadata services of clouds. */
export function isMetadataHost(hostname: string): boolean {
  const host = bare(hostname)
  const [a, b, c, d] = quad(host) ?? []
  if ((a === 169 && b === 254) || (a === 0 && b === 0)) return true
  if (a === 100 && b === 100 && c === 100 && d === 200) return true
  if (/^\[fe[89ab][0-9a-f]:/.test(host) || host === '[fd00:ec2::254]' || host === '[fd20:ce::254]') return true
  return host === 'metadata' || host === 'metadata.google.internal' || host === 'instance-data' || host === 'instance-data.ec2.internal'
}

/** An address of a private network, written as an address. */
export function isPrivateAddress(hostname: string): boolean {
  const host = bare(hostname)
  const [a, b = 0] = quad(host) ?? []
  if (a !== undefined) return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128)
  return /^\[f[cd][0-9a-f]{2}:/.test(host)
}

/**
 * Whether a token server belongs to a registry: the same host, one below it, or one in the domain around it (`auth.docker.io` for `registry-1.docker.io`). Domains under
 * which everybody may register (`co.uk`) are told by their form; where that is wrong, a pair that belongs together has to be named.
 */
export function isSameSite(host: string, registryHost: string): boolean {
  const [a, b] = [bare(host), bare(registryHost)]
  if (a === b) return true
  if (quad(a) || quad(b) || a.includes('[') || b.includes('[')) return false
  const within = (domain: readonly string[]) => {
    const labels = a.split('.')
    return labels.length >= domain.length && domain.every((label, i) => labels[labels.length - domain.length + i] === label)
  }
  const own = b.split('.')
  // a name below the registry's own
  if (own.length >= 2 && within(own)) return true
  const around = own.slice(1)
  const shortest = (around.at(-1)?.length ?? 0) === 2 && (around.at(-2)?.length ?? 0) <= 3 ? 3 : 2
  return around.length >= shortest && within(around)
}
