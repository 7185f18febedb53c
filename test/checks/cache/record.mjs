/**
 * `pnpm record:cache [EDIT…]`: gives the edits of `edits.mjs` to the BuildKit of a Docker engine on this machine, and writes down which steps it found in its
 * cache. The engine is started for it with data, sockets and process of its own, and stopped by its pid.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, lutimesSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startDockerEngine } from '../../support/daemon.mjs'
import { BASE_LINKS, EDITS, project, stepNamed } from './edits.mjs'

const OUT = new URL('../../data/cache/buildkit.json', import.meta.url)
const DOCKER = process.env.DOCKER ?? '/usr/bin/docker'
const root = mkdtempSync(join(tmpdir(), 'record-cache-'))
mkdirSync(join(root, 'engine'))
const { host, stop } = await startDockerEngine('dockerd', join(root, 'engine'))

function docker(args, input = '') {
  const env = { ...process.env, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' }
  const { status, stdout, stderr } = spawnSync(DOCKER, ['-H', host, ...args], { env, input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
  return stdout + stderr
}

function writeBase(kind) {
  const folder = join(root, `base-${kind}`)
  mkdirSync(join(folder, 'rootfs/bin'), { recursive: true })
  copyFileSync('/usr/bin/busybox', join(folder, 'rootfs/bin/busybox'))
  for (const name of BASE_LINKS) symlinkSync('busybox', join(folder, 'rootfs/bin', name))
  if (kind === 'changed') writeFileSync(join(folder, 'rootfs/more'), 'more\n')
  writeFileSync(join(folder, 'Dockerfile'), `FROM scratch\nCOPY rootfs/ /\nENV PATH=/bin\nLABEL made=${kind}\n`)
  docker(['build', '--no-cache', '-t', `base-${kind}`, folder])
}

function write(at) {
  const folder = join(root, at.folder)
  rmSync(folder, { recursive: true, force: true })
  const files = { ...at.files, Dockerfile: { content: at.dockerfile }, '.dockerignore': { content: at.dockerignore } }
  const folders = new Set([folder])
  for (const [path, file] of Object.entries(files)) {
    const place = join(folder, path)
    mkdirSync(dirname(place), { recursive: true })
    folders.add(dirname(place))
    if ('link' in file) {
      symlinkSync(file.link, place)
      lutimesSync(place, at.seconds, at.seconds)
    } else {
      writeFileSync(place, file.content, { mode: file.mode ?? 0o644 })
      // The time that it is written stays on the Dockerfile: an edit that keeps its size would go unseen.
      if (place !== join(folder, 'Dockerfile')) utimesSync(place, at.seconds, at.seconds)
    }
  }
  for (const each of folders) utimesSync(each, at.seconds, at.seconds)
  return folder
}

function build(at) {
  docker(['tag', `base-${at.base}`, 'base'])
  writeFileSync(join(root, 'token'), at.secret)
  const args = Object.entries(at.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  const text = docker(['build', '--network', 'none', '--secret', `id=token,src=${root}/token`, ...args, write(at)])
  const names = new Map()
  const found = {}
  for (const line of text.split('\n')) {
    const step = /^#(\d+) \[[^\]]*\d+\/\d+\] (.+)$/.exec(line)
    if (step) names.set(step[1], stepNamed(step[2]))
    const end = /^#(\d+) (CACHED|DONE .*)$/.exec(line)
    const name = end && names.get(end[1])
    if (name) found[name] = end[2] === 'CACHED' ? 'hit' : 'run'
  }
  return found
}

try {
  for (const kind of ['first', 'rebuilt', 'changed']) writeBase(kind)
  const engine = docker(['version', '--format', '{{.Server.Version}}']).trim()
  // Names on the command line: only these, the others as they were recorded.
  const wanted = new Set(process.argv.slice(2))
  const before = wanted.size > 0 ? JSON.parse(readFileSync(OUT, 'utf8')).edits : {}
  const edits = {}
  for (const [name, edit] of EDITS) {
    if (wanted.size > 0 && !wanted.has(name)) {
      edits[name] = before[name]
      continue
    }
    docker(['builder', 'prune', '-af'])
    build(project)
    edits[name] = build(edit(project))
    console.log(name, JSON.stringify(edits[name]))
  }
  mkdirSync(dirname(OUT.pathname), { recursive: true })
  writeFileSync(OUT, `${JSON.stringify({ engine: `the BuildKit of Docker Engine ${engine}`, edits }, null, 2)}\n`)
} finally {
  await stop()
  rmSync(root, { recursive: true, force: true })
}
