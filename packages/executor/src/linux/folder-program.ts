/**
 * A program: does what another process asks of one host folder, as a user of the namespace that it was started in. It gets the folder as its argument, calls on descriptor 0,
 * and answers on descriptor 1; it reaches nothing but that folder, component by component, as `hostFolder` does.
 */
import { type Content, isFsError, type Mountable, memoryContent, type Node, type NodeInit } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import { type FolderAnswer, type FolderCall, type HeldContent, type HeldNode, readFrame, writeFrame } from './folder-calls.js'

const NOTHING = memoryContent(new Uint8Array(0))

class Server {
  readonly #folder: ReturnType<typeof hostFolder>
  readonly #nodes: Node[] = []
  readonly #contents: Content[] = []

  constructor(path: string) {
    this.#folder = hostFolder(path)
    this.#nodes.push(this.#folder.root)
  }

  answer(call: FolderCall): FolderAnswer {
    try {
      return { value: this.#do(call) }
    } catch (error) {
      if (isFsError(error)) return { errno: error.code, op: error.op, path: error.path }
      return { fault: error instanceof Error ? error.message : String(error) }
    }
  }

  #do({ method, args, nodes }: FolderCall): unknown {
    const folder = this.#folder
    const given = args.map((arg, i) => (nodes.includes(i) ? this.#nodeOf(arg as number) : arg))
    switch (method) {
      case 'root':
        return { id: 0, type: folder.typeOf(folder.root) } satisfies HeldNode
      case 'lookup':
      case 'hold':
      case 'create': {
        const [at, name, init, mode] = given as [Node, string, NodeInit, number]
        const node =
          method === 'lookup' ? folder.lookup(at, name) : method === 'hold' ? folder.hold(at) : folder.create(at, name, init, mode)
        return node && this.#hold(node)
      }
      case 'makeFile': {
        const [dir, name, mode] = given as [Node, string, number]
        return this.#hold(folder.create(dir, name, { type: 'file', content: NOTHING }, mode))
      }
      case 'content': {
        const content = folder.content(given[0] as Node)
        return { id: this.#contents.push(content) - 1, size: content.size } satisfies HeldContent
      }
      case 'read': {
        const [id, offset, length] = args as [number, number, number]
        const bytes = new Uint8Array(length)
        return bytes.subarray(0, this.#contents[id]!.readInto!(bytes, offset))
      }
      case 'stat':
      case 'list':
      case 'readlink':
      case 'same':
      case 'place':
      case 'link':
      case 'unlink':
      case 'rmdir':
      case 'rename':
      case 'write':
      case 'resize':
      case 'setAttributes':
      case 'setXattr':
        return (folder[method as keyof Mountable] as (...all: unknown[]) => unknown).apply(folder, given)
      default:
        throw new TypeError(`no call of that name: ${method}`)
    }
  }

  /** The root is looked at anew. */
  #nodeOf(id: number): Node | undefined {
    return id === 0 ? this.#folder.root : this.#nodes[id]
  }

  #hold(node: Node): HeldNode {
    return { id: this.#nodes.push(node) - 1, type: this.#folder.typeOf(node) }
  }
}

const server = new Server(process.argv[2] ?? '')
writeFrame(1, { value: 'ready' })
for (let call = readFrame(0); call !== undefined; call = readFrame(0)) writeFrame(1, server.answer(call as FolderCall))
