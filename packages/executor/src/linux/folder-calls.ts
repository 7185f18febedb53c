/** What is said between a process and its helper in another user namespace: calls of a `HostFolder`, each answered before the next, as frames on two pipes. */
import { readSync, writeSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import type { FileType, FsErrorCode } from '@layerwright/vfs'

/** A node or a content that the helper holds under a number. */
export interface Held {
  readonly id: number
}

export interface HeldNode extends Held {
  readonly type: FileType
}

export interface HeldContent extends Held {
  readonly size: number
}

/** `method` of `HostFolder`, or `read` of a content: `[content, offset, length]`. `nodes` says which of the arguments are numbers of nodes. */
export interface FolderCall {
  readonly method: string
  readonly args: readonly unknown[]
  readonly nodes: readonly number[]
}

export type FolderAnswer =
  | { readonly value: unknown }
  | { readonly errno: FsErrorCode; readonly op: string; readonly path: string }
  | { readonly fault: string }

const HEAD = 4

/** Writes all of a frame; waits until the other side takes it. */
export function writeFrame(fd: number, message: FolderCall | FolderAnswer): void {
  const body = serialize(message)
  const frame = new Uint8Array(HEAD + body.length)
  new DataView(frame.buffer).setUint32(0, body.length, true)
  frame.set(body, HEAD)
  for (let at = 0; at < frame.length; ) at += writeSync(fd, frame, at)
}

/** Waits for a frame; undefined where the other side is gone. */
export function readFrame(fd: number): unknown {
  const head = readExactly(fd, HEAD)
  const body = head && readExactly(fd, new DataView(head.buffer).getUint32(0, true))
  return body && deserialize(body)
}

function readExactly(fd: number, length: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const got = readSync(fd, bytes, at, length - at, null)
    if (got === 0) return undefined
    at += got
  }
  return bytes
}
