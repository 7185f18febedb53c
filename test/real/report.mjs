// @ts-check
/**
 * Writes docs/real-builds.md: the real applications by us, by buildah and by the BuildKit of a Docker engine, in one run on one machine.
 *   pnpm record:real
 * Needs root, the network, and the programs that `applications.test.ts` needs.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { applications } from './support/applications.mjs'
import { root, run } from './support/cli.mjs'
import { build, save } from './support/ours.mjs'
import { openSideBySide } from './support/side-by-side.mjs'
import { differences, listTree } from './support/trees.mjs'

/** @param {() => Promise<unknown>} work @returns {Promise<number>} seconds */
async function seconds(work) {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** Cold, again, and after the edit. @param {string} file @param {{ from: string, to: string }} edit @param {() => Promise<unknown>} work */
async function phases(file, { from, to }, work) {
  const source = readFileSync(file, 'utf8')
  const figures = [await seconds(work), await seconds(work)]
  writeFileSync(file, source.replace(from, to))
  figures.push(await seconds(work))
  writeFileSync(file, source)
  return figures.map((each) => each.toFixed(1)).join(' / ')
}

const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1)

const home = mkdtempSync(join(tmpdir(), 'layerwright-real-'))
const { builders, buildah, place: placeOf, close } = await openSideBySide(home, applications)
try {
  const rows = []
  for (const application of applications) {
    const { name, edit, clock } = application
    const place = placeOf(application)
    const file = join(place.context, edit.file)
    const tar = join(home, `${name}.tar`)
    const tree = join(home, `${name}.tree`)
    const figures = []
    for (const builder of builders) figures.push(await phases(file, edit, () => builder.build(application)))
    await build(application, place, ['-o', `type=tar,dest=${tar}`])
    await buildah.build(application, place)
    mkdirSync(tree)
    await run('tar', ['--numeric-owner', '-xf', tar, '-C', tree])
    const entries = await listTree(tree)
    const apart = differences(entries, await buildah.tree(name, listTree))
    const recorded = apart.filter((path) => clock?.test(path))
    const others = apart.filter((path) => !clock?.test(path))
    await save(application, place.store, tar)
    const sizes = [statSync(tar).size]
    rmSync(tar)
    await buildah.save(name, tar)
    sizes.push(statSync(tar).size)
    const notes = [
      ...others.map((path) => `\`/${path}\``),
      ...(recorded.length > 0 ? [`${recorded.length} files that record the clock`] : []),
    ]
    rows.push(
      `| ${application.what} | ${figures.join(' | ')} | ${sizes.map(megabytes).join(' / ')} | ${entries.size} | ${notes.join(', ') || 'none'} |`,
    )
    console.log(rows.at(-1))
    rmSync(tree, { recursive: true })
    rmSync(tar)
  }
  const versions = [
    `buildah ${/(\d[\d.]*)/.exec(await run('buildah', ['--version']))?.[1]}`,
    `Docker ${/(\d[\d.]*)/.exec(await run('dockerd', ['--version']))?.[1]} with BuildKit`,
    `Node ${process.version}`,
  ]
  const text = readFileSync(join(root, 'docs/real-builds.md'), 'utf8')
  const [before = '', , after = ''] = text.split(/(?<=<!-- figures -->\n)([\s\S]*)(?=<!-- end of figures -->)/)
  const head = [
    `${cpus().length} cores, ${versions.join(', ')}.`,
    '',
    '| what | Layerwright: cold / again / after an edit | buildah | Docker engine | MB as a docker-archive: ours / buildah\u2019s | entries of the tree | different from buildah\u2019s tree |',
    '|---|---|---|---|---|---|---|',
  ]
  writeFileSync(join(root, 'docs/real-builds.md'), `${before}${[...head, ...rows].join('\n')}\n${after}`)
} finally {
  await close()
  rmSync(home, { recursive: true, force: true })
}
