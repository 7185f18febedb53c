/** What a real sandbox needs, and what of it is missing here. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, release } from 'node:os'
import { join } from 'node:path'
import { type Backend, type BackendName, backends } from './backends.js'
import { findProgram, runTool } from './gate.js'
import { findIds, type Ids, idsMark, isRootless } from './ids.js'
import { findHelpers } from './network.js'
import { overlayOptions } from './overlay.js'
import { remove } from './run-folder.js'
import { findWrapperPrograms, namespacesPrefix, TOOLS } from './wrapper.js'
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
  /** Which users there are in it; rootless it is a user namespace of one's own. */
  readonly ids: Ids
  /** Whether the kernel mounts overlays that are not written out to the disk when they go (Linux 5.10). */
  readonly volatile: boolean
  /** Everything that is missing, not only the first thing. */
  readonly problems: readonly LinuxProblem[]
  /** What works with less than it could. */
  readonly limitations: readonly LinuxProblem[]
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
  const problems: LinuxProblem[] = []
  if (process.platform !== 'linux') {
    problems.push({ what: `this is ${process.platform}`, remedy: 'a real sandbox needs a Linux kernel: use the simulated shell' })
    return { available: false, backends: [], ...NOTHING, problems, limitations: [] }
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
  let proof = NOTHING
  if (problems.length === 0) {
    // Tried once for each kernel: a build whose steps are all cached must not wait for it.
    const file = join(folder, `overlays-${release()}-${idsMark()}`)
    const known = readProof(file)
    proof = known ?? { ids: findIds(), volatile: true }
    let why = known ? undefined : tryOverlay(folder, proof)
    if (why !== undefined) {
      proof = { ...proof, volatile: false }
      why = tryOverlay(folder, proof)
    }
    if (why !== undefined) problems.push(refusal(folder, why, proof.ids))
    else if (!known) writeFileSync(file, JSON.stringify(proof))
  }
  return {
    available: problems.length === 0,
    backends: found.map(({ backend }) => backend.name),
    ...proof,
    problems,
    limitations: [...(proof.ids.kind === 'one' ? [ONE_ID] : []), ...findHelpers().problems.map(withoutPorts)],
  }
}

/** What was found out by trying. */
type Proof = Pick<LinuxSupport, 'ids' | 'volatile'>

const NOTHING: Proof = { ids: { kind: 'one', count: 1 }, volatile: false }

/** Published ports of a container need one of them. */
const withoutPorts = ({ what, remedy }: LinuxProblem): LinuxProblem => ({
  what: `commands have no network of their own: ${what}`,
  remedy,
})

const ONE_ID: LinuxProblem = {
  what: 'there is no user but root in the sandbox, because this user has no subordinate ids',
  remedy: 'install uidmap (and util-linux 2.38), and give the user a range of 65536 ids in /etc/subuid and /etc/subgid',
}

function readProof(path: string): Proof | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Proof
  } catch {
    return undefined
  }
}

/** Why an ordinary user may be refused has a few usual causes, each with its setting. */
function refusal(folder: string, why: string, ids: Ids): LinuxProblem {
  const setting = isRootless(ids) ? forbidden() : undefined
  if (setting)
    return { what: `user namespaces are not allowed here (${setting})`, remedy: 'let the administrator allow them, or run as root' }
  return {
    what: `an overlay cannot be mounted in ${folder} (${why})`,
    remedy: `use a folder on ext4, xfs, btrfs or tmpfs${isRootless(ids) ? ', Linux 5.11 or newer, or run as root' : ', with the rights to mount'}`,
  }
}

/** The settings with which distributions and administrators forbid user namespaces to ordinary users. */
function forbidden(): string | undefined {
  const settings = [
    ['/proc/sys/user/max_user_namespaces', '0'],
    ['/proc/sys/kernel/unprivileged_userns_clone', '0'],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1'],
  ] as const
  for (const [path, value] of settings) {
    try {
      if (readFileSync(path, 'utf8').trim() === value) return `${path} is ${value}`
    } catch {
      // this kernel has no such setting
    }
  }
  return undefined
}

const TRIAL = 'mount -t overlay -o "$1" layerwright root && echo text >root/file && rmdir root/below && mkdir root/below'

/** Why the kernel does not mount such an overlay there; undefined where it does. */
function tryOverlay(folder: string, proof: Proof): string | undefined {
  let trial: string | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    trial = mkdtempSync(join(folder, 'trial-'))
    for (const name of ['l', 'u', 'w', 'root', join('l', 'below')]) mkdirSync(join(trial, name))
    const programs = findWrapperPrograms()
    const script = [programs.sh, '-c', TRIAL, 'layerwright', overlayOptions(['l'], 'u', 'w', proof)]
    runTool([...namespacesPrefix(proof.ids, programs), ...script], { cwd: trial })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    if (trial !== undefined) remove(trial, proof.ids)
  }
}
