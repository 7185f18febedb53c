/** What is published works for somebody who has nothing of this repository: packed by pnpm, installed by npm, run on every Node we support. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { publint } from 'publint'
import { describe, expect, it } from 'vitest'
import { blocksOf } from '../support/markdown.js'
import { portableEntries } from '../support/portable.js'
import { publicPackages, root } from '../support/repository.js'
import { describeRootReadme } from './root-readme.js'
import { closure, emptyProject, nodes, npmInstall, packAll, run } from './support.js'

const MEGABYTE = 1_000_000
/** `@layerwright/build` with everything it brings. */
const BUILD_ALONE_MAX = 10 * MEGABYTE
/** Optional peers of the executor: a build must not bring them. */
const NOT_WITH_BUILD = ['just-bash', 'dockerode', '@napi-rs/xattr']

const TYPES_NODE = '@types/node@20.19.43'

const tarballs = await packAll()
const paths = (names: readonly string[]) => names.map((name) => tarballs?.get(name) ?? name)

const all = await npmInstall(emptyProject('all'), [...paths(publicPackages.map(({ manifest }) => manifest.name)), TYPES_NODE])
const executables = all ? await nodes() : new Map<string, string>()

/** A folder of the installed packages' project, for files that import them. */
function workplace(name: string): string {
  const folder = join(all ?? '', name)
  mkdirSync(folder, { recursive: true })
  return folder
}

function sizeOf(path: string): number {
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.reduce(
    (sum, entry) => sum + (entry.isDirectory() ? sizeOf(join(path, entry.name)) : statSync(join(path, entry.name)).size),
    0,
  )
}

/** Strict, with every declaration checked, ours and our dependencies'. */
async function typeErrors(folder: string, options: Record<string, unknown>): Promise<string[]> {
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }))
  const { code, output } = await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    folder,
  )
  return code === 0 ? [] : output.trim().split('\n')
}

describe.skipIf(!all).each(publicPackages)('$manifest.name installed by npm', (one) => {
  const folder = join(all ?? '', 'node_modules', one.manifest.name)

  it('is clean to publint', async () => {
    const { messages } = await publint({ pkgDir: folder, pack: false, strict: true })
    expect(messages).toEqual([])
  })

  it('has its README, its licence and its code, and no tests', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const wanted = ['README.md', 'LICENSE', 'package.json', join('dist', 'index.js')]
    expect(wanted.filter((file) => !files.includes(file))).toEqual([])
    expect(files.filter((file) => /\.test\.|tsbuildinfo|fixtures|\.map$/.test(file))).toEqual([])
  })

  const readme = join(folder, 'README.md')
  const examples = (existsSync(readme) ? blocksOf(readme) : []).filter(({ language }) => ['ts', 'js'].includes(language))
  describe.each(examples)('the README example on line $line', ({ code, line, language }) => {
    const place = () => workplace(`readme/${one.id}-${line}`)

    it.each([...executables])('runs on Node %s', async (_version, node) => {
      const compiled = await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })
      writeFileSync(join(place(), 'example.mjs'), compiled.code)
      const { code: status, output } = await run(node, ['example.mjs'], place())
      expect(status, output).toBe(0)
    })

    if (language !== 'ts') return
    it('satisfies a strict type check', async () => {
      writeFileSync(join(place(), 'example.mts'), code)
      expect(await typeErrors(place(), { types: ['node'] })).toEqual([])
    })
  })
})

describe.skipIf(!all)('all packages together', () => {
  it('have types that a strict check accepts', async () => {
    const folder = workplace('types')
    const names = publicPackages.flatMap(({ manifest, entries }) =>
      [...entries.keys()].filter((subpath) => subpath !== './testing').map((subpath) => manifest.name + subpath.slice(1)),
    )
    writeFileSync(join(folder, 'all.mts'), names.map((name, index) => `export * as m${index} from '${name}'\n`).join(''))
    expect(await typeErrors(folder, { types: ['node'] })).toEqual([])
  })

  it('have portable entries whose types ask nothing of Node', async () => {
    const folder = workplace('portable')
    writeFileSync(join(folder, 'all.mts'), portableEntries.map(({ name }, index) => `export * as m${index} from '${name}'\n`).join(''))
    expect(await typeErrors(folder, { types: [], lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'] })).toEqual([])
  })

  it('export every entry at run time', async () => {
    const folder = workplace('entries')
    const names = publicPackages.flatMap(({ manifest, entries }) => [...entries.keys()].map((subpath) => manifest.name + subpath.slice(1)))
    const loadable = names.filter((name) => !/\/testing$/.test(name))
    writeFileSync(join(folder, 'all.mjs'), loadable.map((name) => `await import('${name}')\n`).join(''))
    for (const node of executables.values()) {
      const { code, output } = await run(node, ['all.mjs'], folder)
      expect(code, output).toBe(0)
    }
  })

  it('bring the commands layerwright and lw', async () => {
    for (const name of ['layerwright', 'lw']) {
      const { code, output } = await run(join(all ?? '', 'node_modules/.bin', name), ['--version'], all ?? '')
      expect(code, output).toBe(0)
      expect(output).toContain(publicPackages.find(({ id }) => id === 'layerwright')!.manifest.version)
    }
  })
})

describe.skipIf(!all)('@layerwright/build alone', () => {
  it('brings no shell and no engine client, and stays small', async () => {
    const one = publicPackages.find(({ id }) => id === 'build')!
    const folder = emptyProject('build alone')
    await npmInstall(folder, paths(closure(one).map(({ manifest }) => manifest.name)))
    const modules = join(folder, 'node_modules')
    expect(NOT_WITH_BUILD.filter((name) => existsSync(join(modules, name)))).toEqual([])
    expect(sizeOf(modules)).toBeLessThan(BUILD_ALONE_MAX)
    const { code, output } = await run(process.execPath, ['--input-type=module', '-e', "await import('@layerwright/build')"], folder)
    expect(code, output).toBe(0)
  })
})

describeRootReadme(all)
