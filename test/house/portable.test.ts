/** Portable entries run in a browser: nothing that they reach in their package asks Node for anything. */
import { existsSync } from 'node:fs'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { portableEntries } from '../support/portable.js'
import { root, shown } from '../support/repository.js'

const GLOBALS = ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate', '__dirname', '__filename', 'require']
const mark = (name: string) => `asked_of_node_${name}`

it.each(portableEntries)('$name asks nothing of Node', async ({ one, source }) => {
  expect(existsSync(source), shown(source)).toBe(true)
  const chosen = Object.entries(one.manifest.imports ?? {}).map(([name, by]) => [name, by.default?.replace('./dist', `${one.folder}/src`)])
  const { metafile, outputFiles } = await build({
    entryPoints: [source],
    absWorkingDir: root,
    bundle: true,
    write: false,
    outdir: 'nowhere',
    metafile: true,
    format: 'esm',
    target: 'esnext',
    // only this package's own files are looked at: every other one is looked at as itself
    packages: 'external',
    alias: Object.fromEntries(chosen),
    // replaced where the name is free: a parameter called `process` is nobody's business
    define: Object.fromEntries(GLOBALS.map((name) => [name, mark(name)])),
    logLevel: 'silent',
  })
  const imports = Object.entries(metafile.inputs).flatMap(([file, input]) => input.imports.map(({ path }) => ({ file, path })))
  expect(imports.filter(({ path }) => /^node:|^@?layerwright.*\/node$/.test(path))).toEqual([])
  const files = Object.keys(metafile.inputs)
  const text = outputFiles.map((output) => output.text).join('\n')
  expect(GLOBALS.filter((name) => text.includes(mark(name)), `in ${files.join(', ')}`)).toEqual([])
})
