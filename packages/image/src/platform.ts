import type { Platform } from './types.js'

/** `linux/arm64/v8` as text. */
export const platformText = ({ os, architecture, variant }: Platform): string => [os, architecture, variant].filter(Boolean).join('/')

/** Names that mean the same (containerd's platform normalisation). */
function normal({ os, architecture, variant }: Platform): Platform {
  const arch = architecture.toLowerCase()
  const v = variant?.toLowerCase()
  if (arch === 'x86_64' || arch === 'x86-64') return { os, architecture: 'amd64', ...(v && v !== 'v1' ? { variant: v } : {}) }
  if (arch === 'amd64') return { os, architecture: arch, ...(v && v !== 'v1' ? { variant: v } : {}) }
  if (arch === 'i386') return { os, architecture: '386' }
  if (arch === 'aarch64' || arch === 'arm64') return { os, architecture: 'arm64', ...(v && v !== 'v8' && v !== '8' ? { variant: v } : {}) }
  if (arch === 'armhf') return { os, architecture: 'arm', variant: 'v7' }
  if (arch === 'armel') return { os, architecture: 'arm', variant: 'v6' }
  if (arch === 'arm') return { os, architecture: arch, variant: v ? (v.startsWith('v') ? v : `v${v}`) : 'v7' }
  return { os, architecture: arch, ...(v ? { variant: v } : {}) }
}

/** Whether two names mean one platform. */
export function samePlatform(a: Platform, b: Platform): boolean {
  const [x, y] = [normal(a), normal(b)]
  return x.os.toLowerCase() === y.os.toLowerCase() && x.architecture === y.architecture && x.variant === y.variant
}
