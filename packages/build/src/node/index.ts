export { ContextNotFoundError, GitError } from './errors.js'
export { gitClient } from './git/client.js'
export { gitContext } from './git/context.js'
export { type HostContextOptions, hostContext } from './host-context.js'
