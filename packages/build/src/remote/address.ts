import type { GitAddress } from './types.js'

/**
 * Reads a repository's address with what it says of ref and folder: `REMOTE#REF:SUBDIR`, or `?ref=`, `?branch=`, `?tag=`, `?commit=` and `?subdir=`. What is a
 * repository at all, and which keys its query may have, is the language's to say (`sourceKind` of @layerwright/dockerfile).
 */
export function parseGitAddress(source: string): GitAddress {
  const hash = source.indexOf('#')
  const [ref = '', subdir = ''] = hash < 0 ? [] : splitOnce(source.slice(hash + 1), ':')
  const [remote, query] = splitOnce(hash < 0 ? source : source.slice(0, hash), '?')
  const fields = new URLSearchParams(query)
  const named = fields.get('ref') ?? fields.get('branch') ?? fields.get('tag') ?? fields.get('commit') ?? fields.get('checksum') ?? ''
  return { remote, ref: ref || named || undefined, subdir: subdir || (fields.get('subdir') ?? '') }
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

/**
 * The name of a file from the web: the last part of its address's path; where that has none, what the server's Content-Disposition says, else `__unnamed__`.
 * Never has a slash in it and is never `.` or `..`, whatever the server says.
 */
export function remoteFileName(url: string, disposition: string | null): string {
  return safeName(decoded(new URL(url).pathname)) ?? safeName(fileNameOf(disposition ?? '')) ?? '__unnamed__'
}

function safeName(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name === '' || name === '.' || name === '..' || name.includes('\0') ? undefined : name
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** RFC 6266: `filename*` in its encoded form before `filename`. */
function fileNameOf(disposition: string): string {
  const encoded = /;\s*filename\*\s*=\s*UTF-8''([^;\s]+)/i.exec(disposition)?.[1]
  if (encoded) return decoded(encoded)
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1')
  return /;\s*filename\s*=\s*([^;\s]+)/i.exec(disposition)?.[1] ?? ''
}
