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
 * @throws CommandNotFoundError
 */
export function checkCommand(fs: FileSystem, command: string, path: string = DEFAULT_PATH, cwd = '/'): void {
  const at = (file: string) => (file.startsWith('/') ? file : `${cwd}/${file}`)
  const files = command.includes('/') ? [at(command)] : path.split(':').map((folder) => `${at(folder)}/${command}`)
  if (command === '' || !files.some((file) => KERNEL.has(file.split('/')[1] ?? '') || fs.exists(file)))
    throw new CommandNotFoundError(command)
}
const KERNEL = new Set(['proc', 'sys', 'dev'])
