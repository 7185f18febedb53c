export { ContextNotFoundError } from './errors.js'
export { type HostContextOptions, hostContext } from './host-context.js'
