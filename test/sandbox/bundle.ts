import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { root } from '../support/repository.js'

/** Packages that a program here loads only where it needs them, and none does. */
const ABSENT = /^(just-bash|@bokuweb\/zstd-wasm|hash-wasm|tar-stream|fzstd|xz-decompress)(\/|$)/

/**
 * A program of the tests with the sources of the packages in one file, so that it can run as a process of its own.
 * @param repository where that process finds the repository, for what is native and cannot be bundled
 */
export async function bundle(program: string, outfile: string, repository: string = root): Promise<void> {
  const source = (path: string) => join(root, 'packages', path)
  // The executor looks for it beside itself.
  const helper = join(dirname(outfile), 'folder-program.js')
  const programs = [
    [join(root, 'test/sandbox', program), outfile],
    [source('executor/src/linux/folder-program.ts'), helper],
  ] as const
  for (const [entry, file] of programs) await bundleOne(entry, file, repository)
  await writeFile(join(dirname(outfile), 'package.json'), '{ "type": "module" }')
}

async function bundleOne(entry: string, outfile: string, repository: string): Promise<void> {
  const source = (path: string) => join(root, 'packages', path)
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        name: 'sources',
        setup({ onResolve }) {
          onResolve({ filter: /^@layerwright\// }, ({ path }) => {
            const [, name = '', sub] = path.split('/')
            return { path: source(`${name}/src/${sub === undefined ? '' : `${sub}/`}index.ts`) }
          })
          onResolve({ filter: /^#sha256$/ }, () => ({ path: source('digest/src/sha256/node.ts') }))
          onResolve({ filter: /^@napi-rs\/xattr$/ }, ({ path }) => {
            const found = createRequire(join(root, 'package.json')).resolve(path)
            return { path: join(repository, relative(root, found)), external: true }
          })
          onResolve({ filter: ABSENT }, ({ path }) => ({ path, external: true }))
        },
      },
    ],
  })
}
