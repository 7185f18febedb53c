/** Extended attributes, which Node cannot read or write: by the optional peer `@napi-rs/xattr`, loaded on first use. */
import { linkSync, unlinkSync } from 'node:fs'
import type { Xattrs } from '@layerwright/vfs'
import { ExecutorUnavailableError } from '../errors.js'
import type { Ids } from './ids.js'

/** Attributes in which overlayfs keeps its own facts: an image that brings them must not speak to it (S5). */
export const isOverlayFact = (name: string): boolean => /^(?:trusted|user)\.overlay\./.test(name)

/** Whether a file of a sandbox can have an attribute: to an ordinary user the kernel gives its own, and capabilities in a namespace. */
export const canHold = ({ kind }: Ids, name: string): boolean =>
  !isOverlayFact(name) && (kind === 'all' || /^user\./.test(name) || (kind === 'range' && name === 'security.capability'))

type Peer = typeof import('@napi-rs/xattr')
let peer: Promise<Peer> | undefined

/** @throws ExecutorUnavailableError with the line that installs it */
export function loadXattrs(): Promise<Peer> {
  peer ??= import('@napi-rs/xattr').catch((error: unknown) => {
    peer = undefined
    throw new ExecutorUnavailableError('a real sandbox reads extended attributes with @napi-rs/xattr: npm install @napi-rs/xattr', {
      cause: error,
    })
  })
  return peer
}

/** The peer takes text only; a name that is no UTF-8 gets another one for the moment, in a folder of ours on the same filesystem. */
function withText<T>(place: Buffer, spare: string, work: (path: string) => T): T {
  const text = place.toString()
  if (Buffer.from(text).equals(place)) return work(text)
  linkSync(place, spare)
  try {
    return work(spare)
  } finally {
    unlinkSync(spare)
  }
}

/** All attributes of an inode; a link itself is asked. */
export async function readXattrs(place: Buffer, spare: string): Promise<Xattrs> {
  const { listAttributesSync, getAttributeSync } = await loadXattrs()
  return withText(place, spare, (path) => {
    const found = new Map<string, Uint8Array>()
    for (const name of listAttributesSync(path)) {
      const value = getAttributeSync(path, name)
      if (value) found.set(name, new Uint8Array(value))
    }
    return found
  })
}

export async function setXattr(place: Buffer, spare: string, name: string, value: Uint8Array): Promise<void> {
  const { setAttributeSync } = await loadXattrs()
  withText(place, spare, (path) => setAttributeSync(path, name, value))
}
