/** Bodies of here-documents that are no UTF-8: the file has the bytes that the Dockerfile has, unless variables are expanded in it. */
import { type BuildResult, build, memoryContext } from '@layerwright/build'
import type { Executor } from '@layerwright/executor'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup, readAll } from '@layerwright/vfs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0))
const dockerfile = (...parts: (string | readonly number[])[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? ascii(part) : part)))

const buildOf = (bytes: Uint8Array, executor?: Executor, store = memoryStore()) =>
  build({ context: memoryContext(new Map([['Dockerfile', bytes]])), store, ...(executor ? { executor } : {}) })
async function fileOf(result: BuildResult, path: string): Promise<number[]> {
  const inode = lookup(layerSnapshot(result.image.unpacked), path)
  return inode?.type === 'file' ? [...(await readAll(inode.content))] : []
}

it('keeps bytes of literal bodies, and expands others as characters', async () => {
  const text = dockerfile(
    'FROM scratch\nARG x=1\nCOPY <<"A" <<B <<-"C" /dir/\na',
    [0xff, 0xfe],
    '$x',
    [0xe2, 0x82, 13],
    '\nA\nb',
    [0xff],
    '$x\nB\n\t\t',
    [0xff],
    '\tc',
    [0xf0, 0x9f],
    '\n\t\nlast\n\tC\nCOPY <<"D" /plain\n\u00ef\u00bf\u00bd$x\nD\n',
  )
  const result = await buildOf(text)
  expect(await fileOf(result, '/dir/A')).toEqual([97, 0xff, 0xfe, ...ascii('$x'), 0xe2, 0x82, 13, 10])
  expect(await fileOf(result, '/dir/B')).toEqual([98, 0xef, 0xbf, 0xbd, ...ascii('1\n')])
  expect(await fileOf(result, '/dir/C')).toEqual([0xff, ...ascii('\tc'), 0xf0, 0x9f, ...ascii('\n\nlast\n')])
  // a replacement character that was written is one
  expect(await fileOf(result, '/plain')).toEqual([0xef, 0xbf, 0xbd, ...ascii('$x\n')])
})

it('is another step where only such a byte is another', async () => {
  const store = memoryStore()
  const seen: number[][] = []
  const executor: Executor = {
    class: 'test',
    simulated: false,
    async run({ files }) {
      seen.push([...(files?.[0]?.bytes ?? [])])
      return { exitCode: 0 }
    },
  }
  const text = (byte: number) => dockerfile('FROM scratch\nRUN <<-EOF\n\t#!/bin/x\n\t', [byte], '\nEOF\nCOPY <<"F" /f\n', [byte], '\nF\n')
  for (const byte of [0xfe, 0xff, 0xff]) {
    const result = await buildOf(text(byte), executor, store)
    expect(await fileOf(result, '/f')).toEqual([byte, 10])
  }
  expect(seen).toEqual([0xfe, 0xff].map((byte) => [...ascii('#!/bin/x\n'), byte, 10]))
})

const line = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }).map((bytes) => bytes.filter((byte) => byte !== 10))
fuzz(
  'any bytes in the body of a COPY come out as they went in',
  fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.boolean(), async (lines, twice) => {
    const body = lines.filter((each) => each[0] !== 0x45).flatMap((each) => [...each, 10])
    const text = dockerfile(
      'FROM scratch\n',
      ...(twice ? ['COPY <<"EOF" /first\n', body, 'EOF\n'] : []),
      'COPY <<"EOF" /f\n',
      body,
      'EOF\n',
    )
    expect(await fileOf(await buildOf(text), '/f')).toEqual(body)
  }),
  { share: 0.02, few: 100 },
)
