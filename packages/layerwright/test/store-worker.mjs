/** One of many processes that build into one store: `node store-worker.mjs STORE SPEC FIRST COUNT`. Says `open`, and `done N` after each build. */
import { readFileSync } from 'node:fs'
import { build, enforceCap, memoryContext, openStore } from '../dist/index.js'

const [dir, spec, first, count] = process.argv.slice(2)
const { variants } = JSON.parse(readFileSync(spec, 'utf8'))
const store = await openStore(dir)
console.log('open')
for (let i = Number(first); i < Number(count); i++) {
  const { files, digest } = variants[(i * 7 + process.pid) % variants.length]
  const made = await store.lease(async () => {
    const result = await build({ context: memoryContext(files, { id: 'project' }), store })
    // Every byte is read again: what a collection took away under the build would show here.
    for (const layer of result.image.unpacked)
      for await (const chunk of layer.blob.stream()) if (chunk.length === 0) throw new Error('an empty chunk')
    return result.image.digest
  })
  if (made !== digest) throw new Error(`build ${i} gave ${made}, not ${digest}`)
  await enforceCap(store)
  console.log(`done ${i}`)
}
store.close()
