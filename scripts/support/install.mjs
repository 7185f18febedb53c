// @ts-check
/** Brings `node_modules` in line with the lockfile, with the pnpm that package.json names, by nothing but Node and npm. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'

const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|META_FETCH_FAIL|NO_OFFLINE/

/** @param {string} root the repository; @returns {string} `pnpm@10.x.y` */
const pinnedPnpm = (root) => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager

/**
 * What an installation depends on: the lockfile, every manifest, and the Node it was made for (native packages differ).
 * @param {string} root
 */
function fingerprint(root) {
  const manifests = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'package.json'))
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/**
 * Installs unless what is there is up to date, so a second run costs nothing and needs no network.
 * @param {string} root
 * @returns {Promise<boolean>} false when it failed; the reason was printed
 */
export async function install(root) {
  const stamp = join(root, 'node_modules', '.layerwright-installed')
  const wanted = fingerprint(root)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true

  const pnpm = pinnedPnpm(root)
  console.log(`Installing with ${pnpm} (the first time this needs the network)`)
  const { code, output } = await run('npx', ['--yes', '--prefer-offline', pnpm, 'install', '--frozen-lockfile', '--prefer-offline'], {
    cwd: root,
    env: { CI: 'true' }, // pnpm must not ask before it replaces a node_modules that another tool made
    capture: true,
  })
  if (code === 0) {
    writeFileSync(stamp, wanted)
    return true
  }
  if (UNREACHABLE.test(output)) {
    console.error(
      [
        '',
        'The npm registry could not be reached, so the dependencies are not installed.',
        'The first run needs it once; every later run works offline.',
        'Behind a proxy set HTTPS_PROXY; for a mirror run: npm config set registry URL',
      ].join('\n'),
    )
  } else if (code === 127) {
    console.error('\nnpx was not found: install npm (it comes with Node) and try again.')
  } else {
    console.error(`\nThe installation failed (exit ${code}); the lines above say why.`)
  }
  return false
}
