/** What the operations of a view share: walking with errors, and the checks before a write. */
import { FsError, type FsErrorCode, isFsError } from '../errors.js'
import { isEncodable } from '../names.js'
import type { FileType } from '../types.js'
import { type LastLink, type Place, type Walked, walkPath } from './resolve.js'

/** One operation of a caller: its name and path go into every error. */
export class Operation {
  readonly root: Place
  readonly op: string
  readonly path: string

  constructor(root: Place, op: string, path: string) {
    this.root = root
    this.op = op
    this.path = path
  }

  error(code: FsErrorCode): FsError {
    return new FsError(code, this.op, this.path)
  }

  /** As `throw error(code)`, where an expression is wanted. */
  fail(code: FsErrorCode): never {
    throw this.error(code)
  }

  walk(last: LastLink): Walked {
    const walked = this.tryWalk(last)
    return typeof walked === 'string' ? this.fail(walked) : walked
  }

  tryWalk(last: LastLink): Walked | FsErrorCode {
    try {
      return walkPath(this.root, this.path, last)
    } catch (error) {
      throw this.#named(error)
    }
  }

  /** The place of something that must be there. */
  find(last: 'follow' | 'keep'): Place {
    return this.walk(last).place ?? this.fail('ENOENT')
  }

  /** As `find`, for a regular file. */
  file(): Place {
    const place = this.find('follow')
    this.regular(place)
    return place
  }

  regular(place: Place): void {
    const type = this.typeOf(place)
    if (type === 'dir') throw this.error('EISDIR')
    if (type !== 'file') throw this.error('ENXIO')
  }

  typeOf(place: Place): FileType {
    return place.mount.driver.typeOf(place.node)
  }

  writable(place: Place): void {
    if (place.mount.readonly) throw this.error('EROFS')
  }

  /** The free name that something is about to be made under. `directory`: a slash behind it is all right. */
  vacancy(directory: boolean): { dir: Place; name: string } {
    const { dir, name, place, slash } = this.walk('parent')
    if (name === undefined || place) throw this.error('EEXIST')
    if (slash && !directory) throw this.error('ENOENT')
    this.named(name)
    this.writable(dir)
    return { dir, name }
  }

  named(name: string): void {
    if (!isEncodable(name)) throw this.error('EINVAL')
  }

  /** Runs a driver's work; its errors get the caller's path. */
  run<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.#named(error)
    }
  }

  #named(error: unknown): unknown {
    return isFsError(error) ? new FsError(error.code, this.op, this.path, { cause: error.cause }) : error
  }
}
