/** What the kernel reads of a program before the first of its instructions: who interprets it. */
import type { Content } from '@layerwright/vfs'

/** As much as the kernel takes of a line that names an interpreter (BINPRM_BUF_SIZE). */
const HEAD = 256
/** No sound program names a longer one (PATH_MAX). */
const LONGEST_PATH = 4096
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, ppc64: 21, riscv64: 243, s390x: 22 }
const PT_INTERP = 3
const EXECUTABLE = [2, 3]

/** Reads at a place; fewer bytes only at the end. */
export type ReadAt = (offset: number, length: number) => Uint8Array

/** How contents are read here and now; undefined where they can't. */
export function readerOf(content: Content): ReadAt | undefined {
  if (!content.readInto) return undefined
  return (offset, length) => {
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, content.readInto!(bytes, offset))
  }
}

/**
 * @returns the path of the interpreter, undefined where there is none
 * @throws TypeError, RangeError where it is no program that this kernel runs by itself
 */
export function interpreterOf(read: ReadAt): string | undefined {
  const head = read(0, HEAD)
  if (head[0] === 0x23 && head[1] === 0x21) {
    const end = head.indexOf(10)
    const line = Buffer.from(head.subarray(2, end < 0 ? head.length : end)).toString('latin1')
    const path = line.trim().split(/[ \t]/)[0]
    if (!path || /[^\x20-\x7e]/.test(path)) throw new TypeError('a script whose interpreter cannot be told')
    return path
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (head.length < 64 || view.getUint32(0) !== 0x7f454c46) throw new TypeError('a program of no known kind')
  const little = head[5] === 1
  const machine = view.getUint16(18, little)
  if (head[4] !== 2 || machine !== MACHINES[process.arch] || !EXECUTABLE.includes(view.getUint16(16, little)))
    throw new TypeError('a program of another kind of machine')
  const offset = Number(view.getBigUint64(32, little))
  const size = view.getUint16(54, little)
  const count = view.getUint16(56, little)
  for (let i = 0; i < count; i++) {
    const bytes = read(offset + i * size, 56)
    const entry = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (entry.getUint32(0, little) !== PT_INTERP) continue
    const length = Number(entry.getBigUint64(32, little))
    if (length > LONGEST_PATH) throw new RangeError('a program with a broken header')
    const path = Buffer.from(read(Number(entry.getBigUint64(8, little)), length)).toString('latin1')
    const end = path.indexOf('\0')
    return end < 0 ? path : path.slice(0, end)
  }
  return undefined
}
