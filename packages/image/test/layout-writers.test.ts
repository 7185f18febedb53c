/** Several processes that write into one layout at once: nobody's entry is lost. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { makeImage } from '@layerwright/image'
import { openLayout, validateImageFile, writeLayout } from '@layerwright/image/node'
import { storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { fileInode, textContent } from '@layerwright/vfs'
import { afterAll, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-writers-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const run = promisify(execFile)

async function image(text: string) {
  const layer = await storeLayer(memoryStore(), [{ path: 'file', inode: fileInode(textContent(text)) }])
  return makeImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [layer] })
}

it('writers of one process merge', async () => {
  const dir = join(base, 'one')
  await Promise.all(Array.from({ length: 12 }, async (_, i) => writeLayout(dir, [await image(`n${i}`)], { refs: [`v${i % 10}`] })))
  const refs = (await (await openLayout(dir)).list()).flatMap((one) => one.refs)
  expect(refs.sort()).toEqual(Array.from({ length: 10 }, (_, i) => `v${i}`).sort())
  expect(await validateImageFile(dir)).toEqual([])
})

it('writers of several processes merge', async () => {
  const dir = join(base, 'many')
  const program = join(base, 'writer.mjs')
  // the built packages, as other programs have them
  const packageOf = (name: string, entry: string) =>
    pathToFileURL(fileURLToPath(new URL(`../../${name}/dist/${entry}`, import.meta.url))).href
  writeFileSync(
    program,
    `import { makeImage } from '${packageOf('image', 'index.js')}'
import { writeLayout } from '${packageOf('image', 'node/index.js')}'
import { storeLayer } from '${packageOf('layer', 'index.js')}'
import { memoryStore } from '${packageOf('store', 'index.js')}'
import { fileInode, textContent } from '${packageOf('vfs', 'index.js')}'
const [dir, name] = process.argv.slice(2)
for (let i = 0; i < 5; i++) {
  const layer = await storeLayer(memoryStore(), [{ path: 'file', inode: fileInode(textContent(name + i)) }])
  await writeLayout(dir, [makeImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [layer] })], { refs: [name + i] })
}
`,
  )
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [program, dir, name])))
  const refs = (await (await openLayout(dir)).list()).flatMap((one) => one.refs)
  expect(refs).toHaveLength(20)
  expect(await validateImageFile(dir)).toEqual([])
})
