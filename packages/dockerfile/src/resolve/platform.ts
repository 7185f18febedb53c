import { goQuote } from '../text/go-quote.js'
import { asFault, fault, ResolveError } from './errors.js'
import type { Platform } from './types.js'

/**
 * Platforms as containerd reads and writes them: `linux`, `arm64`, `linux/arm/v7`, with aliases (`x86_64`, `aarch64`, `armhf`) brought to
 * one spelling and variants that are the default left out (`arm64/v8`, `amd64/v1`).
 */

const SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(' '),
)
const ARCHITECTURES = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le ' +
    'riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
)

/** A system may carry a version and features, as in `windows(10.0.17763)`; they say nothing about which image is meant here. */
const SYSTEM = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/
const COMPONENT = /^[A-Za-z0-9_.-]+$/

const HINT = 'write it as os/architecture[/variant], for example linux/amd64 or linux/arm/v7'

/** One spelling of system, architecture and variant. `variant` is absent where it is the default of its architecture. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase()
  let architecture = platform.architecture.toLowerCase()
  let variant = (platform.variant ?? '').toLowerCase()
  switch (architecture) {
    case 'i386':
      architecture = '386'
      variant = ''
      break
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      architecture = 'amd64'
      if (variant === 'v1') variant = ''
      break
    case 'aarch64':
    case 'arm64':
      architecture = 'arm64'
      if (variant === '8' || variant === 'v8') variant = ''
      break
    case 'armhf':
      architecture = 'arm'
      variant = 'v7'
      break
    case 'armel':
      architecture = 'arm'
      variant = 'v6'
      break
    case 'arm':
      if (variant === '' || variant === '7') variant = 'v7'
      else if (['5', '6', '8'].includes(variant)) variant = `v${variant}`
      break
  }
  return variant === '' ? { os, architecture } : { os, architecture, variant }
}

/** `os/architecture[/variant]`, as given: normalize first for one spelling. `unknown` without a system. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  if (os === '') return 'unknown'
  return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/')
}

const isSystem = (text: string) => SYSTEMS.has(text) || text === 'macos'
const isArchitecture = (text: string) => ARCHITECTURES.has(text)

/**
 * Reads a platform. A single word is a system or an architecture; the other part is that of `fallback`.
 * @throws ResolutionFault (`BAD_PLATFORM`), which `resolveDockerfile` hands on as a ResolveError; `parsePlatform` is the public form
 */
export function readPlatform(text: string, fallback: Platform = { os: 'linux', architecture: 'amd64' }): Platform {
  const bad = (why: string) => fault('BAD_PLATFORM', `${goQuote(text)}: ${why}: invalid argument`, HINT)
  if (text.includes('*')) throw bad('wildcards not yet supported')
  const pieces = text.split('/')
  const parts = pieces.length > 4 ? [...pieces.slice(0, 3), pieces.slice(3).join('/')] : pieces
  const os = SYSTEM.exec(parts[0]!)
  if (!os) {
    const why = `OSAndVersion specifier component must match ${goQuote(SYSTEM.source)}: invalid argument`
    throw fault('BAD_PLATFORM', `${goQuote(parts[0]!)} is an invalid OS component of ${goQuote(text)}: ${why}`, HINT)
  }
  for (const part of parts.slice(1)) {
    if (COMPONENT.test(part)) continue
    const why = `platform specifier component must match ${goQuote(COMPONENT.source)}: invalid argument`
    throw fault('BAD_PLATFORM', `${goQuote(part)} is an invalid component of ${goQuote(text)}: ${why}`, HINT)
  }
  const first = os[1]!
  if (parts.length === 1) {
    const name = first.toLowerCase()
    if (isSystem(name)) {
      const variant = name === fallback.os && fallback.variant ? { variant: fallback.variant } : {}
      return normalizePlatform({ os: name, architecture: fallback.architecture, ...variant })
    }
    const platform = normalizePlatform({ os: fallback.os, architecture: first })
    if (isArchitecture(platform.architecture)) return platform
    throw bad('unknown operating system or architecture')
  }
  if (parts.length > 3) throw bad('cannot parse platform specifier')
  return normalizePlatform({ os: first, architecture: parts[1]!, ...(parts[2] === undefined ? {} : { variant: parts[2] }) })
}

/**
 * Reads a platform as a user writes it.
 * @param fallback supplies the part that a single word leaves open (`arm64`, `linux`)
 * @throws ResolveError `BAD_PLATFORM`
 */
export function parsePlatform(text: string, fallback?: Platform): Platform {
  try {
    return readPlatform(text, fallback)
  } catch (error) {
    const found = asFault(error)
    throw found ? new ResolveError(found.fault, [], []) : error
  }
}
