import { type FileInode, lookup, type Snapshot } from '@layerwright/vfs'

const SHELL = '/bin/sh'
/** Interpreters of interpreters; the kernel follows five. */
const DEPTH = 5
const HEAD = 256

/**
 * Whether a kernel could run what a tree has for programs, judged by its shell: an ELF file that can be executed, or a script whose interpreter is one. A tree
 * without a shell is none of stand-ins: what it runs it names itself.
 */
export async function hasPrograms(tree: Snapshot): Promise<boolean> {
  const shell = fileAt(tree, SHELL)
  return shell === undefined || isProgram(tree, shell, DEPTH)
}

function fileAt(tree: Snapshot, path: string): FileInode | undefined {
  const inode = lookup(tree, path)
  return inode?.type === 'file' ? inode : undefined
}

async function isProgram(tree: Snapshot, file: FileInode, depth: number): Promise<boolean> {
  const head = await headOf(file)
  const script = /^#!\s*(\S+)/.exec(new TextDecoder('latin1').decode(head))
  if (!script) return isElfProgram(head)
  const interpreter = depth > 0 ? fileAt(tree, script[1] ?? '') : undefined
  return interpreter !== undefined && isProgram(tree, interpreter, depth - 1)
}

async function headOf({ content }: FileInode): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(HEAD, content.size))
  let at = 0
  for await (const chunk of content.stream(0, head.length)) {
    head.set(chunk.subarray(0, head.length - at), at)
    at += chunk.length
  }
  return head
}

/** elf(5): the magic number, a type that is executed (2) or shared (3, what a PIE is), and something to load. */
function isElfProgram(head: Uint8Array): boolean {
  const [m0, m1, m2, m3, bits, order] = head
  if (m0 !== 0x7f || m1 !== 0x45 || m2 !== 0x4c || m3 !== 0x46 || head.length < 64) return false
  const view = new DataView(head.buffer)
  const little = order === 1
  const type = view.getUint16(16, little)
  const segments = view.getUint16(bits === 2 ? 56 : 44, little)
  return (type === 2 || type === 3) && segments > 0
}
