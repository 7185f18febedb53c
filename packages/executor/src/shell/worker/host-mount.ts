/** A filesystem that only the host can look at, as the worker mounts it: every operation waits for the host. */
import {
  type AttributesInit,
  type Content,
  type DirEntry,
  type FileType,
  FsError,
  type Mountable,
  memoryContent,
  type Node,
  type NodeInit,
  type Stat,
} from '@layerwright/vfs'
import { piecesOf } from './changes.js'
import { HostReadError } from './contents.js'
import type { CallArgument, CallMessage, CallMethod, CallReply, NodeData, PieceData } from './messages.js'

const node = (of: Node): CallArgument => ({ node: (of as NodeData).node })
const value = (of: unknown): CallArgument => ({ value: of })
const pieces = (of: Uint8Array | Content): readonly PieceData[] => piecesOf(of instanceof Uint8Array ? memoryContent(of) : of, [])
const NOTHING = memoryContent(new Uint8Array(0))

type Reply<K extends string> = Extract<CallReply, Record<K, unknown>>

export class HostMount implements Mountable {
  readonly root: Node
  readonly #call: (call: CallMessage) => CallReply
  readonly #content: (number: number, size: number) => Content

  constructor(root: NodeData, call: (call: CallMessage) => CallReply, content: (number: number, size: number) => Content) {
    this.root = root
    this.#call = call
    this.#content = content
  }

  #ask<K extends 'node' | 'content' | 'value'>(method: CallMethod, ...args: CallMessage['args']): Reply<K> {
    const reply = this.#call({ method, args })
    if ('errno' in reply) throw new FsError(reply.errno, reply.op, reply.path)
    if ('fault' in reply) throw new HostReadError(reply.fault)
    return reply as Reply<K>
  }

  #value(method: CallMethod, ...args: CallMessage['args']): unknown {
    return this.#ask<'value'>(method, ...args).value
  }

  lookup(dir: Node, name: string): Node | undefined {
    return this.#ask<'node'>('lookup', node(dir), value(name)).node
  }

  typeOf(of: Node): FileType {
    return (of as NodeData).type
  }

  stat(of: Node, dev: number): Stat {
    return this.#value('stat', node(of), value(dev)) as Stat
  }

  list(dir: Node): DirEntry[] {
    return this.#value('list', node(dir)) as DirEntry[]
  }

  readlink(link: Node): string {
    return this.#value('readlink', node(link)) as string
  }

  content(file: Node): Content {
    const { content, size } = this.#ask<'content'>('content', node(file))
    return this.#content(content, size)
  }

  same(a: Node, b: Node): boolean {
    return this.#value('same', node(a), node(b)) as boolean
  }

  hold(of: Node): Node {
    // The host has held what is mounted; nothing in a worker mounts a part of that.
    return of
  }

  create(dir: Node, name: string, init: NodeInit, mode: number): Node {
    const content = init.type === 'file' ? init.content : NOTHING
    const plain = init.type === 'file' ? { type: init.type } : init
    return this.#ask<'node'>('create', node(dir), value(name), value(plain), pieces(content), value(mode)).node!
  }

  link(of: Node, dir: Node, name: string): void {
    this.#value('link', node(of), node(dir), value(name))
  }

  unlink(dir: Node, name: string): void {
    this.#value('unlink', node(dir), value(name))
  }

  rmdir(dir: Node, name: string): void {
    this.#value('rmdir', node(dir), value(name))
  }

  rename(fromDir: Node, fromName: string, toDir: Node, toName: string): void {
    this.#value('rename', node(fromDir), value(fromName), node(toDir), value(toName))
  }

  write(file: Node, offset: number | 'end', data: Uint8Array | Content): void {
    this.#value('write', node(file), value(offset), pieces(data))
  }

  replace(file: Node, content: Content): void {
    this.#value('replace', node(file), pieces(content))
  }

  resize(file: Node, size: number): void {
    this.#value('resize', node(file), value(size))
  }

  setAttributes(of: Node, attributes: Omit<AttributesInit, 'xattrs'>): void {
    this.#value('setAttributes', node(of), value(attributes))
  }

  setXattr(of: Node, name: string, to: Uint8Array | undefined): void {
    this.#value('setXattr', node(of), value(name), value(to))
  }
}
