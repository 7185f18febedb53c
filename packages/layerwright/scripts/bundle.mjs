// Bundles the command line, after `tsc -b`: dist/cli.cjs, a few lines that start it, and dist/chunks, the program in pieces. The pieces are no modules of
// ECMAScript, because what Node can load with code compiled earlier (src/cli/chunks.ts) are scripts: each file is an object of functions by the names of pieces.
// What `build` needs at once is one file, what a command may need later are files of their own. dist/cli.js is for who names it.
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const common = /** @type {const} */ ({
  platform: 'node',
  target: 'node20.19',
  charset: 'ascii',
  legalComments: 'inline',
  logLevel: 'warning',
})
// Large, native, or with files of their own beside them, and all optional: they are found in node_modules when one is needed.
const external = ['just-bash', '@napi-rs/xattr', 'dockerode', '@bokuweb/zstd-wasm']
const small = /** @type {const} */ ({ minifySyntax: true, minifyWhitespace: true, lineLimit: 160 })

rmSync(join(dist, 'chunks'), { recursive: true, force: true })
mkdirSync(join(dist, 'chunks'))

/**
 * Bundles one program into dist/chunks. Each by itself: pieces that two programs shared would hold what only one of them needs.
 * @param {string} file its entry
 * @param {string | undefined} together name of the file that holds all that it needs at once; without one each piece is a file
 * @returns {Promise<{ file: string, entry: string }>} which file to load, and which piece of it to begin with
 */
async function program(file, together) {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [join(dist, file)],
    outdir: join(dist, 'chunks'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    define: { 'import.meta.url': 'module.url' },
    external,
    metafile: true,
    write: false,
  })
  /** @type {Map<string, string>} */
  const texts = new Map()
  /** @type {Map<string, string[]>} */
  const needs = new Map()
  let entry = ''
  for (const [path, { imports, entryPoint }] of Object.entries(metafile.outputs)) {
    const name = basename(path)
    const inside = imports.filter(({ external }) => !external)
    const later = imports.filter(({ kind }) => kind === 'dynamic-import').length
    texts.set(name, await piece(outputFiles.find((one) => basename(one.path) === name)?.text ?? '', later))
    needs.set(
      name,
      inside.filter(({ kind }) => kind === 'import-statement').map((one) => basename(one.path)),
    )
    if (entryPoint?.endsWith(file)) entry = name
  }
  const write = (/** @type {string} */ name, /** @type {readonly string[]} */ names) =>
    writeFileSync(join(dist, 'chunks', name), asFile(names.map((one) => [one, texts.get(one) ?? ''])))
  const at = new Set(together === undefined ? [] : [entry])
  for (const name of at) for (const need of needs.get(name) ?? []) at.add(need)
  for (const name of texts.keys()) if (!at.has(name)) write(name, [name])
  if (at.size === 0) return { file: entry, entry }
  // Named by its text: code that was compiled from another is not taken for it.
  const digest = createHash('sha256')
  for (const name of at) digest.update(texts.get(name) ?? '')
  const packed = `${together}-${digest.digest('hex').slice(0, 8)}.cjs`
  write(packed, [...at])
  return { file: packed, entry }
}

/** One piece as a function's body. @param {string} text @param {number} later how many imports it makes later */
async function piece(text, later) {
  const { code } = await transform(text, { ...common, ...small, format: 'cjs', loader: 'js' })
  // A script has no `import()`: the loader gives it another.
  const parts = code.split(/\bimport\((?=["'])/)
  if (parts.length !== later + 1) throw new Error(`${parts.length - 1} of ${later} dynamic imports were found`)
  return parts.join('later(')
}

/** @param {readonly (readonly [name: string, text: string])[]} pieces */
const asFile = (pieces) =>
  `({${pieces.map(([name, text]) => `${JSON.stringify(name)}(exports,require,module,later){${text}\n}`).join(',\n')}})\n`

// What a thread of the simulated shell runs, and the helper in a rootless sandbox: looked for beside the piece that starts them. Node itself loads them, so they are modules.
await build({
  ...common,
  entryPoints: [
    ['node', 'shell-worker.js'],
    ['linux', 'folder-program.js'],
  ].map(([entry, file]) => join(dirname(fileURLToPath(import.meta.resolve(`@layerwright/executor/${entry}`))), file)),
  entryNames: '[name]',
  outdir: join(dist, 'chunks'),
  bundle: true,
  format: 'esm',
  external,
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
})

const PROGRAMS = { all: await program('cli/program.js', undefined), build: await program('cli/build-program.js', 'build') }

await build({
  ...common,
  ...small,
  entryPoints: { cli: join(dist, 'cli/main.js') },
  outdir: dist,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  define: {
    'import.meta.dirname': '__dirname',
    PROGRAMS: JSON.stringify(PROGRAMS),
  },
})
writeFileSync(join(dist, 'cli.js'), "#!/usr/bin/env node\nimport './cli.cjs'\n")
for (const file of ['cli.cjs', 'cli.js']) chmodSync(join(dist, file), 0o755)
