/** Packs the packages and installs them as a user does: by npm, from tarballs, in an empty folder. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Package, publicPackages, root } from '../support/repository.js'
import { leaveOut } from '../support/tools.js'

const execute = promisify(execFile)

/** Long, because the registry may be slow; a hang must end all the same. */
const TIMEOUT_MS = 300_000

/** The version of Node that the tests run on, and the ones that the npm package `node` brings. */
const OTHER_NODES = ['22.23.3', '24.21.0']

/** Removed when the process ends. */
export const scratch = mkdtempSync(join(tmpdir(), 'layerwright packages ')) // with spaces, as on many machines
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

export interface Run {
  readonly code: number
  readonly output: string
}

/** Runs a program to its end; what it printed on both streams, and its exit code. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<Run> {
  // npm hands its own settings down to what it starts; a fresh npm in another folder must not see them
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_OPTIONS$|VITEST)/i.test(name)))
  try {
    const { stdout, stderr } = await execute(command, [...args], { cwd, env, timeout: TIMEOUT_MS, maxBuffer: 1 << 26 })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '', message } = error as { code?: unknown; stdout?: string; stderr?: string; message: string }
    return { code: typeof code === 'number' ? code : 1, output: `${stdout}${stderr}` || message }
  }
}

/** An empty folder with a package.json of its own. */
export function emptyProject(name: string): string {
  const folder = join(scratch, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'somebody-elses', private: true, type: 'module' }))
  return folder
}

/** Installs without running scripts: nothing of ours needs one. Undefined, after saying so, where the registry can't be reached. */
export async function npmInstall(folder: string, specs: readonly string[], { scripts = false } = {}): Promise<string | undefined> {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', ...(scripts ? [] : ['--ignore-scripts'])]
  const { code, output } = await run('npm', ['install', ...flags, ...specs], folder)
  if (code === 0) return folder
  if (/\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/.test(output)) {
    return leaveOut('tests of the packed packages', 'the npm registry cannot be reached')
  }
  throw new Error(`npm install ${specs.join(' ')} failed:\n${output}`)
}

/** Tarballs of all public packages, by package name. Needs a finished build. */
export async function packAll(): Promise<Map<string, string> | undefined> {
  const folder = join(scratch, 'tarballs')
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const filters = publicPackages.flatMap(({ manifest }) => ['--filter', manifest.name])
  const { code, output } = await run(
    'npx',
    ['--yes', '--prefer-offline', packageManager, ...filters, 'pack', '--pack-destination', folder],
    root,
  )
  if (code !== 0) throw new Error(`pnpm pack failed:\n${output}`)
  const files = new Set(readdirSync(folder))
  return new Map(
    publicPackages.map(({ manifest }) => {
      const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
      if (!files.has(file)) throw new Error(`pnpm pack made no ${file}`)
      return [manifest.name, join(folder, file)]
    }),
  )
}

/** A package and everything of ours that it depends on. */
export function closure(one: Package): Package[] {
  const found = new Set<Package>()
  const visit = (each: Package) => {
    if (found.has(each)) return
    found.add(each)
    for (const name of Object.keys(each.manifest.dependencies ?? {})) {
      const next = publicPackages.find(({ manifest }) => manifest.name === name)
      if (next) visit(next)
    }
  }
  visit(one)
  return [...found]
}

/** Executables of the supported versions of Node, by version. Kept between runs, because each is 100 MB. */
export async function nodes(): Promise<Map<string, string>> {
  const found = new Map([[process.versions.node, process.execPath]])
  for (const version of OTHER_NODES) {
    const folder = join(root, 'node_modules/.cache/layerwright', `node-${version}`)
    const executable = join(folder, 'node_modules/node/bin/node')
    if (!existsSync(executable)) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), '{"private":true}')
      if (!(await npmInstall(folder, [`node@${version}`], { scripts: true }))) continue
    }
    found.set(version, executable)
  }
  return found
}
