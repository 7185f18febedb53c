/** What a real sandbox needs, and what of it is missing here. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, release } from 'node:os'
import { join } from 'node:path'
import { type Backend, type BackendName, backends } from './backends.js'
import { findProgram, runTool } from './gate.js'
import { TOOLS, wrapperPrefix } from './wrapper.js'
import { loadXattrs } from './xattrs.js'

export interface LinuxProblem {
  readonly what: string
  /** What to do about it. */
  readonly remedy: string
}

export interface LinuxSupport {
  readonly available: boolean
  /** The runtimes that were found, the preferred one first. */
  readonly backends: readonly BackendName[]
  /** In a user namespace of one's own, because this is not root. */
  readonly rootless: boolean
  /** Everything that is missing, not only the first thing. */
  readonly problems: readonly LinuxProblem[]
}

/** Where layers are extracted and commands run: a folder on a filesystem that can be the upper one of an overlay. */
export const defaultFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'layerwright', 'linux')

/** A runtime and where it is. */
export interface FoundBackend {
  readonly backend: Backend
  readonly program: string
}

export const findBackends = (): FoundBackend[] =>
  backends.flatMap((backend) => {
    const program = findProgram(backend.name)
    return program === undefined ? [] : [{ backend, program }]
  })

/** Looks what is there, and tries an overlay mount. @param folder see `LinuxExecutorOptions.folder` */
export async function detectLinux(folder: string = defaultFolder()): Promise<LinuxSupport> {
  const rootless = process.geteuid?.() !== 0
  const problems: LinuxProblem[] = []
  if (process.platform !== 'linux') {
    problems.push({ what: `this is ${process.platform}`, remedy: 'a real sandbox needs a Linux kernel: use the simulated shell' })
    return { available: false, backends: [], rootless, problems }
  }
  for (const [program, debianPackage] of TOOLS) {
    if (!findProgram(program)) problems.push({ what: `the program ${program} is missing`, remedy: `install ${debianPackage}` })
  }
  const found = findBackends()
  if (found.length === 0) problems.push({ what: 'there is no OCI runtime', remedy: 'install runc, crun or bubblewrap' })
  try {
    await loadXattrs()
  } catch {
    problems.push({ what: 'the package @napi-rs/xattr is missing', remedy: 'npm install @napi-rs/xattr' })
  }
  const proof = join(folder, `works-${release()}-${process.geteuid?.()}`)
  if (problems.length === 0 && !existsSync(proof)) {
    const why = tryOverlay(folder, rootless)
    // Tried once for each kernel: a build whose steps are all cached must not wait for it.
    if (why === undefined) writeFileSync(proof, '')
    else {
      problems.push({
        what: `an overlay cannot be mounted in ${folder} (${why})`,
        remedy: 'use a folder on ext4, xfs, btrfs or tmpfs, as root or where user namespaces are allowed',
      })
    }
  }
  return { available: problems.length === 0, backends: found.map(({ backend }) => backend.name), rootless, problems }
}

const TRIAL = 'mount -t overlay -o "$1" layerwright root && echo text >root/file && rm root/below && mkdir root/below'

/** Why the kernel does not mount an overlay there; undefined where it does. */
function tryOverlay(folder: string, rootless: boolean): string | undefined {
  let trial: string | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    trial = mkdtempSync(join(folder, 'trial-'))
    for (const name of ['l', 'u', 'w', 'root', join('l', 'below')]) mkdirSync(join(trial, name))
    const prefix = wrapperPrefix(rootless)
    const script = ['sh', '-c', TRIAL.replace('rm root', 'rmdir root'), 'layerwright', overlayOptions(['l'], 'u', 'w', rootless)]
    runTool([...prefix.slice(0, prefix.indexOf('sh')), ...script] as [string, ...string[]], { cwd: trial })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    if (trial !== undefined) rmSync(trial, { recursive: true, force: true })
  }
}

/** Options of an overlay mount; `lowers` highest first, as the kernel wants them. */
export function overlayOptions(lowers: readonly string[], upper: string, work: string, rootless: boolean): string {
  return `lowerdir=${lowers.join(':')},upperdir=${upper},workdir=${work}${rootless ? ',userxattr' : ''}`
}
