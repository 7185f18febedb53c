/** The host's side of filesystems that cannot be sent: does what the worker asks of them. */
import { type Content, isFsError, type Mountable, type Node, type NodeInit, type Stat } from '@layerwright/vfs'
import { workerLimits } from '../../limits.js'
import { contentOfPieces } from './changes.js'
import type { CallMessage, CallReply, NodeData } from './messages.js'

/** What the host gives a number to, so that the worker can name it. */
export interface HostNumbers {
  content(number: number): Content
  /** Gives a content a number; not kept for long. */
  contentNumber(content: Content): number
  faultNumber(error: unknown): number
}

/** The nodes of one command. */
export class HostCalls {
  readonly #numbers: HostNumbers
  readonly #nodes = new Map<number, { readonly driver: Mountable; readonly node: Node }>()
  #roots = 0
  #next = 0

  constructor(numbers: HostNumbers) {
    this.#numbers = numbers
  }

  /** A node that a mount keeps: all of these before any call. */
  root(driver: Mountable, node: Node): NodeData {
    this.#roots++
    return this.#data(driver, node)
  }

  #data(driver: Mountable, node: Node): NodeData {
    const number = this.#next++
    this.#nodes.set(number, { driver, node })
    const oldest = number - workerLimits.nodes
    if (oldest >= this.#roots) this.#nodes.delete(oldest)
    return { node: number, type: driver.typeOf(node) }
  }

  answer(call: CallMessage): CallReply {
    try {
      return this.#do(call)
    } catch (error) {
      return isFsError(error) ? { errno: error.code, op: error.op, path: error.path } : { fault: this.#numbers.faultNumber(error) }
    }
  }

  #do({ method, args }: CallMessage): CallReply {
    const drivers: Mountable[] = []
    const given = args.map((arg): unknown => {
      if (!('length' in arg)) {
        if ('value' in arg) return arg.value
        const { driver, node } = this.#nodes.get(arg.node)!
        drivers.push(driver)
        return node
      }
      return contentOfPieces(arg, (number) => this.#numbers.content(number))
    })
    const driver = drivers[0]!
    switch (method) {
      case 'create': {
        const [dir, name, init, content, mode] = given as [Node, string, NodeInit, Content, number]
        return { node: this.#data(driver, driver.create(dir, name, init.type === 'file' ? { ...init, content } : init, mode)) }
      }
      case 'lookup': {
        const found = driver.lookup(...(given as [Node, string]))
        return { node: found && this.#data(driver, found) }
      }
      case 'content': {
        const content = driver.content(given[0] as Node)
        return { content: this.#numbers.contentNumber(content), size: content.size }
      }
      case 'stat':
        return { value: plainStat(driver.stat(...(given as [Node, number]))) }
      default:
        return { value: (driver[method] as (...all: unknown[]) => unknown).apply(driver, given) }
    }
  }
}

/** A driver may work out some of it when it is asked, which a clone does not. */
function plainStat({ type, size, nlink, ino, dev, mode, uid, gid, mtimeNs, xattrs, major, minor }: Stat): Stat {
  return { type, size, nlink, ino, dev, mode, uid, gid, mtimeNs, xattrs, major, minor }
}
