import { createOverlay, emptySnapshot, memoryContent, type Overlay } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { hasPrograms } from './index.js'

/** The header of a program: class, byte order, type, and the number of its segments. */
function elf(bits: 1 | 2, order: 1 | 2, type: number, segments: number): Uint8Array {
  const bytes = new Uint8Array(128)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits, order, 1])
  const view = new DataView(bytes.buffer)
  view.setUint16(16, type, order === 1)
  view.setUint16(bits === 2 ? 56 : 44, segments, order === 1)
  return bytes
}

const judged = (work: (fs: Overlay) => void) => {
  const fs = createOverlay(emptySnapshot())
  fs.mkdir('/bin')
  work(fs)
  return hasPrograms(fs.freeze())
}
const shell = (bytes: Uint8Array | string) => (fs: Overlay) =>
  fs.writeFile('/bin/sh', typeof bytes === 'string' ? bytes : memoryContent(bytes), { mode: 0o755 })

it.each([
  ['a program of 64 bits', shell(elf(2, 1, 2, 4)), true],
  ['one that can lie anywhere', shell(elf(2, 1, 3, 4)), true],
  ['one of 32 bits, the other way round', shell(elf(1, 2, 2, 4)), true],
  ['a header of no type', shell(elf(2, 1, 0, 0)), false],
  ['an object file', shell(elf(2, 1, 1, 0)), false],
  ['nothing to load', shell(elf(2, 1, 2, 0)), false],
  ['a header cut off', shell(elf(2, 1, 2, 4).subarray(0, 40)), false],
  ['text', shell('no program\n'), false],
  ['an empty file', shell(''), false],
  ['no shell at all', () => undefined, true],
  ['a link that leads nowhere', (fs: Overlay) => fs.symlink('busybox', '/bin/sh'), true],
  [
    'a link to a program',
    (fs: Overlay) => {
      fs.writeFile('/bin/real', memoryContent(elf(2, 1, 2, 4)))
      fs.symlink('real', '/bin/sh')
    },
    true,
  ],
  [
    'a script of a program',
    (fs: Overlay) => {
      fs.writeFile('/bin/real', memoryContent(elf(2, 1, 2, 4)))
      shell('#! /bin/real -x\n')(fs)
    },
    true,
  ],
  ['a script of nothing', shell('#!/bin/nothing\n'), false],
  ['a script of itself', shell('#!/bin/sh\n'), false],
] as const)('a tree whose shell is %s', async (_, work, programs) => {
  expect(await judged(work)).toBe(programs)
})
