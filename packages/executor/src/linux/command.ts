/** What can be known of a command before it runs: where it begins, and whether it is there. */
import { type FileSystem, isFsError } from '@layerwright/vfs'
import { CommandNotFoundError, ExecutorError } from '../errors.js'

/**
 * The working directory in the tree, links resolved. Nothing in /proc may be one: a process directory there leads out of the container if a
 * runtime leaves a descriptor open (S28).
 * @throws ExecutorError RUN_DIRECTORY
 */
export function checkDirectory(fs: FileSystem, cwd: string): string {
  let real: string
  try {
    real = fs.realpath(cwd)
    if (fs.stat(real).type !== 'dir') throw new ExecutorError('RUN_DIRECTORY', `the working directory ${cwd} is not a directory`)
  } catch (error) {
    if (isFsError(error))
      throw new ExecutorError('RUN_DIRECTORY', `the working directory ${cwd} cannot be entered: ${error.message}`, { cause: error })
    throw error
  }
  if (real.split('/')[1] === 'proc')
    throw new ExecutorError('RUN_DIRECTORY', `the working directory ${cwd} lies in /proc, which is refused`)
  return real
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Whether there is anything to execute, as execvp(3) looks for it. What lies in the kernel's own filesystems is not known before.
 * @throws CommandNotFoundError; ExecutorError RUN_COMMAND_DENIED for a path that is no program
 */
export function checkCommand(fs: FileSystem, command: string, path: string = DEFAULT_PATH, cwd = '/'): void {
  const at = (file: string) => (file.startsWith('/') ? file : `${cwd}/${file}`)
  if (command.includes('/')) {
    const why = whyNot(fs, at(command))
    if (why === 'missing') throw new CommandNotFoundError(command)
    if (why !== undefined) throw new ExecutorError('RUN_COMMAND_DENIED', `exec: "${command}": ${why}`)
    return
  }
  const found = command !== '' && path.split(':').some((folder) => whyNot(fs, `${at(folder)}/${command}`) === undefined)
  if (!found) throw new CommandNotFoundError(command)
}

function whyNot(fs: FileSystem, file: string): string | undefined {
  if (KERNEL.has(file.split('/')[1] ?? '')) return undefined
  try {
    const { type, mode } = fs.stat(file)
    if (type === 'dir') return 'is a directory'
    return (mode & 0o111) === 0 ? 'permission denied' : undefined
  } catch (error) {
    if (isFsError(error, 'ENOENT')) return 'missing'
    if (isFsError(error)) return error.message
    throw error
  }
}
const KERNEL = new Set(['proc', 'sys', 'dev'])
