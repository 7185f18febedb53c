/**
 * Code that the engine compiled in an earlier run: compiling is more than half of what a short command takes. Node has this for itself from version 22 on
 * (`module.enableCompileCache`), but not in 20.
 *
 * What is kept here is run as it is. So it lies in the user's own cache folder, is taken only if it belongs to the user who runs us and nobody else may write
 * it, and only for this very program, engine and machine. Nothing depends on it: a file that can't be read or written is left out.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Script } from 'node:vm'

/** Commands whose code is kept apart; the others share one file, so that there are never many. */
const COMMANDS: readonly string[] = ['build', 'run', 'exec', 'ps', 'images', 'lint', 'fmt']

export interface CodeCache {
  /** The compiled code of a file of this program. */
  get(name: string): Buffer | undefined
  /** Tells which script was made of a file. */
  used(name: string, script: Script): void
  /** Writes the code of all scripts, where any of them was not there before. */
  keep(): void
}

/** @param program changes with the program's text */
export function openCodeCache(command: string | undefined, program: string): CodeCache {
  const place = cacheFile(command)
  const identity = `${program} ${process.version} ${process.arch}`
  const known = place === undefined ? new Map<string, Buffer>() : readOwn(place, identity)
  const scripts = new Map<string, Script>()
  return {
    get: (name) => known.get(name),
    used(name, script) {
      scripts.set(name, script)
    },
    keep() {
      if (place === undefined) return
      let more = false
      for (const [name, script] of scripts) {
        if (known.has(name) && !script.cachedDataRejected) continue
        known.set(name, script.createCachedData())
        more = true
      }
      if (more) writeOwn(place, identity, known)
    },
  }
}

/** Undefined where nothing is to be kept: the user said so, coverage is recorded, or there is no folder for it. */
function cacheFile(command: string | undefined): string | undefined {
  const { env, platform } = process
  if (env.NODE_DISABLE_COMPILE_CACHE || env.NODE_V8_COVERAGE) return undefined
  const home = env.HOME && join(env.HOME, platform === 'darwin' ? 'Library/Caches' : '.cache')
  const folder = platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || home
  return folder && join(folder, 'layerwright', 'code', command !== undefined && COMMANDS.includes(command) ? command : 'other')
}

/** The first line is JSON: the identity, and name and length of each file's code; behind it the codes. */
function readOwn(place: string, identity: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  try {
    const fd = openSync(place, 'r')
    try {
      const { uid, mode } = fstatSync(fd)
      if (process.geteuid && (uid !== process.geteuid() || (mode & 0o022) !== 0)) return found
      const bytes = readFileSync(fd)
      let at = bytes.indexOf(10) + 1
      const head = JSON.parse(bytes.toString('latin1', 0, at)) as { identity: string; files: [string, number][] }
      if (head.identity !== identity) return found
      for (const [name, length] of head.files) {
        found.set(name, bytes.subarray(at, at + length))
        at += length
      }
    } finally {
      closeSync(fd)
    }
  } catch {
    found.clear() // none yet, or not to be read
  }
  return found
}

function writeOwn(place: string, identity: string, codes: ReadonlyMap<string, Buffer>): void {
  const half = `${place}.${process.pid}`
  try {
    mkdirSync(join(place, '..'), { recursive: true, mode: 0o700 })
    const head = JSON.stringify({ identity, files: [...codes].map(([name, { length }]) => [name, length]) })
    writeFileSync(half, Buffer.concat([Buffer.from(`${head}\n`), ...codes.values()]), { mode: 0o600, flag: 'wx' })
    renameSync(half, place)
  } catch {
    rmSync(half, { force: true })
  }
}
