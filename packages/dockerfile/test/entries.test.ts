/** What each public entry brings into a bundle. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

async function inputsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${entry}`, import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    external: ['@layerwright/*'],
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}

const ast = (inputs: readonly string[]) => inputs.filter((input) => input.includes('dockerfile-ast'))

it('the main entry does without dockerfile-ast, which the editor entry brings', async () => {
  expect(ast(await inputsOf('index.ts'))).toEqual([])
  expect(ast(await inputsOf('editor/index.ts')).length).toBeGreaterThan(0)
})

it('the editor entry takes nothing of resolution or the lint rules along', async () => {
  const inputs = await inputsOf('editor/index.ts')
  expect(inputs.filter((input) => /src\/(?:resolve|lint)\//.test(input))).toEqual([])
})
